/**
 * Group normalisation. Wu & He 2018, §3 — https://arxiv.org/abs/1803.08494
 *
 * N images · C channels in G groups of C/G · M = H·W·C/G values per group
 *
 * What it costs is how often `x` is read and written. Forward reads it twice for the two sums and once for the result;
 * `EuclideanNorm` sums squares without writing them down. All else is done on one value per channel or group.
 */
import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, DT_INT32, runKernel } from './kernel.ts';
import { assertShape } from './shape.ts';

/** Added to the variance; the paper's and PyTorch's value. */
const EPSILON = 1e-5;

/**
 * Normalises each group of channels of each image to mean 0 and variance 1, then scales and shifts each channel.
 * The variance is the mean of the squares less the square of the mean: good to 1e-3 as long as a group's mean is below
 * about 30 times its deviation, which the output of a convolution is by far.
 * @param x [N, H, W, C]
 * @param scale [C] gamma
 * @param shift [C] beta
 * @param groups number of groups; must divide C
 * @returns [N, H, W, C]; a group of equal values becomes its shifts
 * @throws RangeError when the groups do not divide the channels
 */
export function groupNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  shift: tf.Tensor1D,
  groups: number,
): tf.Tensor4D {
  const channels = x.shape[3];
  if (channels % groups !== 0)
    throw new RangeError(`groupNorm: ${groups} groups do not divide ${channels} channels`);
  assertShape(scale, [channels], 'groupNorm: scale');
  assertShape(shift, [channels], 'groupNorm: shift');
  return withGradient(groups)(x, scale, shift);
}

type GroupNormOp = (x: tf.Tensor4D, scale: tf.Tensor1D, shift: tf.Tensor1D) => tf.Tensor4D;

function withGradient(groups: number): GroupNormOp {
  return tf.customGrad((...args) => {
    const [x, scale, shift, save] = args as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const { perGroup, perChannel, M } = layout(x, groups);
    const groupMean = (perChannel: tf.Tensor) => perChannel.reshape(perGroup).sum(2, true).div(M);
    const mean = groupMean(x.sum([1, 2]));
    const meanSquare = groupMean(euclideanNorm(x, [1, 2]).square());
    const rstd = tf.relu(meanSquare.sub(mean.square())).add(EPSILON).rsqrt();
    const gain = rstd.mul(scale.reshape([1, ...perGroup.slice(1)]));
    const offset = shift.reshape([1, ...perGroup.slice(1)]).sub(mean.mul(gain));
    const gains = gain.reshape(perChannel);
    save([x, scale, mean, rstd, gains]);
    return {
      value: x.mul(gains).add(offset.reshape(perChannel)),
      gradFunc: (dy, saved) => backward(dy as tf.Tensor4D, saved, groups),
    };
  }) as unknown as GroupNormOp;
}

/**
 * dx = rstd · (scale·dy − mean(scale·dy) − x̂ · mean(scale·dy·x̂)), means over the group; written as dy·gain + x·b + c
 * with b and c per group, so that `x` and `dy` are each read twice: for the sums and here.
 */
function backward(dy: tf.Tensor4D, saved: tf.Tensor[], groups: number): tf.Tensor[] {
  const [x, scale, mean, rstd, gains] = saved as [tf.Tensor4D, tf.Tensor1D, tf.Tensor, tf.Tensor, tf.Tensor];
  const { perGroup, perChannel, M } = layout(x, groups);
  const gamma = scale.reshape([1, ...perGroup.slice(1)]);
  const dShift = dy.sum([1, 2]);
  const sumDy = dShift.reshape(perGroup);
  const sumDyX = dy.mul(x).sum([1, 2]).reshape(perGroup);
  const dScale = sumDyX.sub(sumDy.mul(mean)).mul(rstd);
  const factor = rstd.mul(-1 / M);
  const b = dScale.mul(gamma).sum(2, true).mul(factor).mul(rstd);
  const c = sumDy.mul(gamma).sum(2, true).mul(factor).sub(b.mul(mean));
  const spread = (t: tf.Tensor) => t.tile([1, 1, perGroup[2]]).reshape(perChannel);
  const dx = dy
    .mul(gains)
    .add(x.mul(spread(b)))
    .add(spread(c));
  return [dx, dScale.sum(0).reshape(scale.shape), dShift.sum(0)];
}

/** Shapes of one value per group and channel, and of one per channel, that broadcasts over `x`. */
function layout({ shape: [N, H, W, C] }: tf.Tensor4D, groups: number) {
  const perGroup: [number, number, number] = [N, groups, C / groups];
  const perChannel: [number, number, number, number] = [N, 1, 1, C];
  return { perGroup, perChannel, M: (H * W * C) / groups };
}

/** √Σx² over some axes in one pass. */
function euclideanNorm(x: tf.Tensor, axes: number[]): tf.Tensor {
  return runKernel('EuclideanNorm', [x, tf.tensor1d(axes, 'int32')], {
    T: { type: DT_FLOAT },
    Tidx: { type: DT_INT32 },
    keep_dims: { bool: false },
  });
}
