import { describe, expect, it } from 'vitest';
import { compileProgram } from '../../src/graph/program.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectEqual } from '../support/eager-and-compiled.ts';
import { arithmetic } from './kernels/arithmetic.ts';
import type { Inputs, KernelCase } from './kernels/kernel-case.ts';
import { networks } from './kernels/networks.ts';
import { reductions } from './kernels/reductions.ts';
import { shapes } from './kernels/shapes.ts';

const cases: readonly KernelCase[] = [...arithmetic, ...reductions, ...shapes, ...networks];

/** Kernels whose every call is refused: `refusals.test.ts` has them. */
const REFUSED = ['Multinomial', 'NonMaxSuppressionV3', 'NonMaxSuppressionV5', 'Unique'];

/** Sums of up to a hundred products in another order. */
const TOLERANCE = { absolute: 1e-5, relative: 1e-5 };

/** Names of all kernels that ran, also those that gradients and other kernels call. */
const reached = new Set<string>();

function noteKernels(): void {
  const engine = tf.engine() as unknown as { runKernel(name: string, ...others: unknown[]): unknown };
  const { runKernel } = engine;
  engine.runKernel = (name, ...others) => {
    reached.add(name);
    return runKernel.call(engine, name, ...others);
  };
}

function makeInputs({ inputs }: KernelCase, seed: number): Inputs {
  return Object.fromEntries(Object.entries(inputs).map(([name, make], i) => [name, make(seed + 10 * i)]));
}

function listed(outputs: tf.Tensor | tf.Tensor[]): Inputs {
  return Object.fromEntries([outputs].flat().map((tensor, i) => [`output${i}`, tensor]));
}

/** Gradients of Σ output·w in all inputs that are floats. */
function gradientsOf({ fn }: KernelCase, inputs: Inputs): Inputs {
  const names = Object.keys(inputs).filter((name) => inputs[name]!.dtype === 'float32');
  const objective = (...at: tf.Tensor[]) => {
    const moved = Object.fromEntries(names.map((name, i) => [name, at[i]!]));
    return tf.addN([fn({ ...inputs, ...moved })].flat().map(weightedSum)) as tf.Scalar;
  };
  const gradients = tf.grads(objective)(names.map((name) => inputs[name]!));
  return Object.fromEntries(gradients.map((tensor, i) => [`by_${names[i]}`, tensor]));
}

function weightedSum(y: tf.Tensor): tf.Tensor {
  return y
    .cast('float32')
    .mul(tf.linspace(0.3, 1.7, y.size).reshape(y.shape))
    .sum();
}

/** Compiled with one set of inputs and called with another: what was read instead of recorded shows. */
async function expectSame(kernelCase: KernelCase): Promise<void> {
  const [example, inputs] = [makeInputs(kernelCase, 1), makeInputs(kernelCase, 2)];
  const forward = (at: Inputs) => listed(kernelCase.fn(at));
  const backward = (at: Inputs) => gradientsOf(kernelCase, at);
  const functions = kernelCase.gradient ? { forward, backward } : { forward };
  const program = await compileProgram(
    Object.fromEntries(Object.entries(functions).map(([name, fn]) => [name, { fn, exampleInputs: example }])),
    { state: new Map() },
  );
  for (const [name, fn] of Object.entries(functions))
    expectEach(program.functions[name]!(inputs), fn(inputs));
  program.dispose();
}

function expectEach(actual: Inputs, expected: Inputs): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [what, tensor] of Object.entries(expected)) {
    expectEqual(actual[what]!, tensor, { tolerance: TOLERANCE, what });
  }
}

describe('compiled equals eager, forward and backward', () => {
  noteKernels();
  it.each(cases.map((kernelCase) => [kernelCase.name, kernelCase] as const))('%s', async (_, kernelCase) => {
    await expectSame(kernelCase);
  });
  it('for every kernel of tfjs-node', () => {
    const known = tf.getKernelsForBackend('tensorflow').map(({ kernelName }) => kernelName);
    expect(known.filter((name) => !reached.has(name))).toEqual(REFUSED);
  });
});
