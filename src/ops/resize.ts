/**
 * Enlarging and shrinking maps, with gradients, equal to PyTorch's `interpolate` with `align_corners=False`. tfjs's own
 * gradients leave out where pixels lie (`halfPixelCenters`) and so are wrong for the bilinear one.
 *
 * N images · H, W map · C channels · F whole factor
 */
import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, type KernelAttribute, runKernel } from './kernel.ts';
import { assertShape } from './shape.ts';

type Size = readonly [height: number, width: number];

/**
 * Repeats each pixel: `mode='nearest'`.
 * @param x [N, H, W, C]
 * @param factor F >= 1, whole
 * @returns [N, H·F, W·F, C]
 * @throws RangeError when the factor is not a whole number >= 1
 */
export function resizeNearest(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  if (!Number.isInteger(factor) || factor < 1)
    throw new RangeError(`resizeNearest: expected a whole factor >= 1, got ${factor}`);
  return nearest(sizeTimes(x, factor))(x);
}

/**
 * Interpolates between the four nearest pixel centres; beyond the outermost centres the edge goes on:
 * `mode='bilinear'`, without anti-aliasing.
 * @param x [N, H, W, C]
 * @param size [height, width] >= 1, larger or smaller than those of x
 * @returns [N, height, width, C]
 */
export function resizeBilinear(x: tf.Tensor4D, size: Size): tf.Tensor4D {
  return bilinear(size)(x);
}

/**
 * `fine + resizeNearest(coarse, F)` in one pass over memory: the enlarged map is never written down.
 * @param fine [N, H·F, W·F, C]
 * @param coarse [N, H, W, C]
 * @returns [N, H·F, W·F, C]
 * @throws TypeError when the sizes differ by no whole factor
 */
export function addRepeated(fine: tf.Tensor4D, coarse: tf.Tensor4D): tf.Tensor4D {
  const [N, H, W, C] = coarse.shape;
  const factor = Math.max(1, Math.round(fine.shape[1] / H));
  assertShape(fine, [N, H * factor, W * factor, C], 'addRepeated: fine');
  return sumWithRepeated(factor)(fine, coarse);
}

type MapOp = (x: tf.Tensor4D) => tf.Tensor4D;

function nearest(size: Size): MapOp {
  return tf.customGrad((...args) => {
    const x = args[0] as tf.Tensor4D;
    return {
      value: resizeKernel('ResizeNearestNeighbor', x, sizeTensor(size)),
      gradFunc: (dy) => nearestGradient(dy as tf.Tensor4D, x.shape),
    };
  }) as MapOp;
}

function bilinear(size: Size): MapOp {
  return tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor4D, tf.GradSaveFunc];
    save([x]);
    return {
      value: resizeKernel('ResizeBilinear', x, sizeTensor(size)),
      gradFunc: (dy, saved) => resizeKernel('ResizeBilinearGrad', dy as tf.Tensor4D, saved[0]!),
    };
  }) as MapOp;
}

function sumWithRepeated(factor: number): (fine: tf.Tensor4D, coarse: tf.Tensor4D) => tf.Tensor4D {
  return tf.customGrad((...args) => {
    const [fine, coarse] = args as [tf.Tensor4D, tf.Tensor4D];
    const [N, H, W, C] = coarse.shape;
    // Broadcasting reaches five dimensions in TensorFlow, so images and rows share one.
    const blocks = fine.reshape([N * H, factor, W, factor, C]);
    return {
      value: blocks.add(coarse.reshape([N * H, 1, W, 1, C])).reshape(fine.shape),
      // A clone, because tfjs disposes a gradient once it has added another to it, and this one is the output's as well.
      gradFunc: (dy) => {
        const dOut = dy as tf.Tensor4D;
        return [dOut.clone(), nearestGradient(dOut, [N, H, W, C])];
      },
    };
  }) as (fine: tf.Tensor4D, coarse: tf.Tensor4D) => tf.Tensor4D;
}

/** Sums the repetitions of each pixel. */
function nearestGradient(dy: tf.Tensor4D, [, H, W]: tf.Tensor4D['shape']): tf.Tensor4D {
  return resizeKernel('ResizeNearestNeighborGrad', dy, sizeTensor([H, W]));
}

/** Pixel i covers i to i + 1, its centre at i + 0.5, as in PyTorch. */
const PIXELS_ARE_AREAS: Record<string, KernelAttribute> = {
  T: { type: DT_FLOAT },
  align_corners: { bool: false },
  half_pixel_centers: { bool: true },
};

/** @param target the new size, or for `ResizeBilinearGrad` the tensor that was resized */
function resizeKernel(op: string, x: tf.Tensor4D, target: tf.Tensor): tf.Tensor4D {
  return runKernel<tf.Rank.R4>(op, [x, target], PIXELS_ARE_AREAS);
}

function sizeTensor(size: Size): tf.Tensor1D {
  return tf.tensor1d([...size], 'int32');
}

function sizeTimes({ shape: [, H, W] }: tf.Tensor4D, factor: number): Size {
  return [H * factor, W * factor];
}
