import { expect } from 'vitest';
import type { Optimizer, RateMultiples, Variables } from '../../src/graph/optimizers/optimizer.ts';
import { tf } from '../../src/system/tensorflow.ts';
import type { Engine } from './engines.ts';
import { expectClose } from './tensors.ts';

/** Holds one step of a weight with the multiple 0.5 against that of an equal one with 1. */
export async function expectHalfRate(
  engine: Engine,
  create: (weights: Variables, multiples: RateMultiples) => Optimizer,
): Promise<void> {
  const names = ['half', 'whole'];
  const weights = new Map(names.map((name) => [name, tf.variable(tf.tensor2d([[1, -2]])) as tf.Variable]));
  const multiples = new Map([
    ['half', 0.5],
    ['whole', 1],
  ]);
  const optimizer = create(weights, multiples);
  const inputs = { gradient: tf.tensor2d([[3, 0.1]]), rate: tf.scalar(0.2), step: tf.scalar(1) };
  const step = ({ gradient, rate, step: at }: typeof inputs) => {
    optimizer.apply(new Map(names.map((name) => [name, gradient])), rate, at);
    return {};
  };
  const { run, read } = await engine.start(step, inputs, new Map([...weights, ...optimizer.state]));
  run(inputs);
  const moved = (name: string) => read(name).map((value, i) => value - [1, -2][i]!);
  expectClose(
    moved('half').map((change) => 2 * change),
    moved('whole'),
    { absolute: 1e-6, relative: 0 },
  );
  expect(Math.abs(moved('whole')[0]!)).toBeGreaterThan(0.1);
}
