import { describe, expect, it } from 'vitest';
import { constant, createWeights } from '../../src/model/weights.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { createOptimizer, type OptimizerParams } from '../../src/train/optimizer.ts';
import { clipByGlobalNorm } from '../../src/train/step.ts';
import { type GoldenOptimizer, golden } from '../support/golden-torch.ts';
import { expectClose } from '../support/tensors.ts';

const SHAPES = { matrix: [3, 2], vector: [4] } as const;
const params = { weight_decay: 0.1, momentum: 0.9, beta2: 0.999 };

function replay(reference: GoldenOptimizer, options: OptimizerParams): void {
  const weights = createWeights(0);
  for (const [name, shape] of Object.entries(SHAPES)) {
    weights
      .create(name, [...shape] as never, constant(0))
      .assign(tf.tensor(reference.start[name]!, [...shape]) as never);
  }
  const optimizer = createOptimizer(weights, options);
  reference.gradients.forEach((gradients, i) => {
    const named = Object.entries(SHAPES).map(
      ([name, shape]) => [name, tf.tensor(gradients[name]!, [...shape])] as const,
    );
    tf.tidy(() => optimizer.apply(new Map(named), tf.scalar(0.01), tf.scalar(i + 1)));
    for (const [name, variable] of weights.variables) {
      expectClose(variable, reference.after[i]![name]!, { absolute: 1e-6, relative: 1e-5 });
    }
  });
}

describe('createOptimizer', () => {
  it('adamw takes PyTorch’s five steps, with decay of matrices only', () => {
    replay(golden.adamw, { optimizer: 'adamw', ...params });
  });
  it('sgd takes PyTorch’s five steps, with decay of matrices only', () => {
    replay(golden.sgd, { optimizer: 'sgd', ...params });
  });
  it('frees its memory', () => {
    const weights = createWeights(0);
    weights.create<tf.Rank.R1>('a', [3], constant(1));
    const before = tf.memory().numTensors;
    createOptimizer(weights, { optimizer: 'adamw', ...params }).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('clipByGlobalNorm', () => {
  it('scales as PyTorch’s clip_grad_norm_', () => {
    const { gradients, norm, clipped } = golden.clip;
    const result = clipByGlobalNorm(
      gradients.map((values) => tf.tensor1d(values)),
      1.5,
    );
    expectClose(result.norm, norm);
    result.clipped.forEach((tensor, i) => {
      expectClose(tensor, clipped[i]!);
    });
  });
  it('leaves a small gradient as it is', () => {
    expectClose(clipByGlobalNorm([tf.tensor1d([0.3, -0.4])], 1).clipped[0]!, [0.3, -0.4]);
  });
});
