/** Values and gradients of single ops and losses against those of PyTorch in float64, which test/golden/torch.json holds. */
import { readFile } from 'node:fs/promises';
import { diceLoss } from '../../src/loss/dice.ts';
import { focalLoss } from '../../src/loss/focal.ts';
import { focalObjectness } from '../../src/loss/focal-objectness.ts';
import { smoothL1 } from '../../src/loss/smooth-l1.ts';
import { softmaxFocalLoss } from '../../src/loss/softmax-focal.ts';
import { groupNorm } from '../../src/ops/group-norm.ts';
import { roiAlign } from '../../src/ops/roi-align.ts';
import { sigmoidCrossEntropy } from '../../src/ops/sigmoid-cross-entropy.ts';
import { tf } from '../../src/system/tensorflow.ts';

const GOLDEN = new URL('../../test/golden/torch.json', import.meta.url);

/** One case of the file. */
export interface TorchRow {
  name: string;
  /** Largest |ours − PyTorch's| over the values, in units of the largest of PyTorch's. */
  valueError: number;
  /** The same over all gradients. */
  gradientError: number;
}

interface HostTensor {
  shape: number[];
  values: number[];
}

/** As scripts/golden-torch.py writes it; the gradients are those of Σ output·cos(0..n). */
interface Case {
  inputs: Record<string, HostTensor>;
  output: HostTensor;
  gradients: Record<string, number[]>;
  images?: number[];
  size?: number;
  canonicalSize?: number;
  samplingRatio?: number;
}

type Inputs = Record<string, tf.Tensor>;
type Op = (inputs: Inputs, about: Case) => tf.Tensor;

const normalize =
  (groups: number): Op =>
  ({ x, scale, shift }) =>
    groupNorm(x as tf.Tensor4D, scale as tf.Tensor1D, shift as tf.Tensor1D, groups);

const align: Op = ({ boxes, ...maps }, { images, size, canonicalSize = 224, samplingRatio = 2 }) => {
  const regions = { boxes: boxes as tf.Tensor2D, imageIndices: tf.tensor1d(images!, 'int32') };
  const options = { size: size!, canonicalSize, samplingRatio };
  return roiAlign(Object.values(maps) as tf.Tensor4D[], regions, options);
};

const sigmoidFocal =
  (gamma: number, alpha: number): Op =>
  ({ x, target }) =>
    focalLoss(x!, target!, { gamma, alpha });

const softmaxFocal =
  (gamma: number, alpha: number): Op =>
  ({ x, labels }) =>
    softmaxFocalLoss(x as tf.Tensor2D, labels as tf.Tensor2D, { gamma, alpha });

/** By their names in the file. */
const OPS: Readonly<Record<string, Op>> = {
  groupNorm: normalize(3),
  groupNormPerChannel: normalize(4),
  groupNormOneGroup: normalize(1),
  roiAlign: align,
  roiAlignPyramid: align,
  roiAlignOneSample: align,
  roiAlignThreeSamples: align,
  sigmoidCrossEntropy: ({ x, target }) => sigmoidCrossEntropy(x!, target!),
  smoothL1: ({ x, target }) => smoothL1(x!, target!, 1 / 9),
  smoothL1Wide: ({ x, target }) => smoothL1(x!, target!, 1),
  focal: sigmoidFocal(2, 0.5),
  focalUneven: sigmoidFocal(1, 0.25),
  visionFocal: sigmoidFocal(2, 0.25),
  focalObjectness: ({ x, labels }) =>
    focalObjectness(x as tf.Tensor2D, labels!.cast('int32'), { gamma: 2, alpha: 0.25 }).reshape([1]),
  softmaxFocal: softmaxFocal(2, 0.25),
  softmaxFocalUneven: softmaxFocal(0.5, 0.75),
  dice: ({ x, target }) => diceLoss(x!, target!, { smooth: 1 }),
};

/** A row for each op. */
export async function torchRows(): Promise<TorchRow[]> {
  const golden = JSON.parse(await readFile(GOLDEN, 'utf8')) as Record<string, Case>;
  return Object.entries(OPS).map(([name, op]) => {
    tf.engine().startScope();
    try {
      return compare(name, golden[name]!, op);
    } finally {
      tf.engine().endScope();
    }
  });
}

function compare(name: string, about: Case, op: Op): TorchRow {
  const inputs = Object.fromEntries(
    Object.entries(about.inputs).map(([input, { shape, values }]) => [input, tf.tensor(values, shape)]),
  );
  const { shape, values } = about.output;
  const weights = tf.tensor(
    values.map((_, i) => Math.cos(i)),
    shape,
  );
  const largestSlope = largestOf(Object.values(about.gradients).flat());
  const gradientErrors = Object.entries(about.gradients).map(([input, expected]) => {
    const objective = (at: tf.Tensor) =>
      op({ ...inputs, [input]: at }, about)
        .mul(weights)
        .sum();
    return largestDifference(tf.grad(objective)(inputs[input]!), expected) / largestSlope;
  });
  return {
    name,
    valueError: largestDifference(op(inputs, about), values) / largestOf(values),
    gradientError: Math.max(...gradientErrors),
  };
}

function largestDifference(ours: tf.Tensor, theirs: readonly number[]): number {
  const values = ours.dataSync();
  return largestOf(theirs.map((value, i) => values[i]! - value));
}

function largestOf(values: readonly number[]): number {
  return Math.max(...values.map(Math.abs));
}
