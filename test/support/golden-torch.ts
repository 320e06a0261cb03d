import { readFileSync } from 'node:fs';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose } from './tensors.ts';

interface HostTensor {
  shape: number[];
  values: number[];
}

/** Inputs, output, and the gradient of Σ output·cos(0..n), by PyTorch in float64. */
export interface GoldenCase {
  inputs: Record<string, HostTensor>;
  output: HostTensor;
  gradients: Record<string, number[]>;
}

/** Five steps of an optimizer. */
export interface GoldenOptimizer {
  start: Record<string, number[]>;
  gradients: Record<string, number[]>[];
  after: Record<string, number[]>[];
}

interface Golden {
  [name: string]: GoldenCase;
}

const file = new URL('../golden/torch.json', import.meta.url);
/** The content of test/golden/torch.json, made by scripts/golden-torch.py. */
export const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden & {
  roiAlign: GoldenCase & { images: number[]; size: number };
  roiAlignPyramid: GoldenCase & {
    images: number[];
    size: number;
    canonicalSize: number;
    levels: number[];
  };
  roiAlignOneSample: GoldenCase & { images: number[]; size: number; samplingRatio: number };
  roiAlignThreeSamples: GoldenCase & { images: number[]; size: number; samplingRatio: number };
  anchors: { boxes: number[] };
  topK: GoldenCase & { indices: number[] };
  adamw: GoldenOptimizer;
  adamwShort: GoldenOptimizer;
  sgd: GoldenOptimizer;
  sgdNesterov: GoldenOptimizer;
  sgdPlain: GoldenOptimizer;
  /** Four updates of three batches each. */
  recipe: {
    start: Record<string, number[]>;
    learningRates: number[];
    gradients: Record<string, number[]>[];
    after: Record<'weights' | 'averages', Record<string, number[]>>[];
  };
  /** The learning rate of each of 20 steps. */
  schedules: Record<'steps' | 'warmupAndSteps' | 'warmupAndCosine', number[]>;
  clip: { gradients: number[][]; norm: number; clipped: number[][] };
};

/** float32 against float64: about 1e-6 of the values' size, a few operations deep. */
const TOLERANCE = { absolute: 2e-5, relative: 2e-5 };

/** Compares output and gradients of `f`, which takes the case's inputs by name. */
export function expectGolden(
  { inputs, output, gradients }: GoldenCase,
  f: (inputs: Record<string, tf.Tensor>) => tf.Tensor,
): void {
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => [name, tf.tensor(values, shape)]),
  );
  expectClose(f(tensors), output.values, TOLERANCE);
  const weights = tf.tensor(
    Array.from({ length: output.values.length }, (_, i) => Math.cos(i)),
    output.shape,
  );
  for (const [name, expected] of Object.entries(gradients)) {
    const objective = (x: tf.Tensor) =>
      f({ ...tensors, [name]: x })
        .mul(weights)
        .sum() as tf.Scalar;
    expectClose(tf.grad(objective)(tensors[name]!), expected, TOLERANCE);
  }
}
