import { expect } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import type { ProgramOptions } from '../../src/graph/program.ts';
import type { Precision } from '../../src/graph/run-passes.ts';
import { flattenTree, type TensorTree } from '../../src/graph/tensor-tree.ts';
import type { tf } from '../../src/system/tensorflow.ts';
import { expectClose } from './tensors.ts';

/** Variables by name. */
export type Variables = Record<string, tf.Variable>;

/** A function of inputs and variables, and where the variables begin. */
export interface Example {
  variables: () => Variables;
  // biome-ignore lint/suspicious/noExplicitAny: tests name the inputs that they give.
  fn: (inputs: any, variables: Variables) => TensorTree;
  /** One call after the other. */
  calls: readonly TensorTree[];
  /** What it is compiled with; the first call's inputs where left out. */
  compiledWith?: TensorTree;
  options?: Omit<Partial<ProgramOptions>, 'state'> & { precision?: Precision };
}

/** float32, a few operations deep; XLA, fusion and other orders of summing change the last bits. */
const TOLERANCE = { absolute: 1e-6, relative: 1e-5 };

/** Calls the function op by op and compiled, with variables of its own each; outputs and variables agree after every call. */
export async function expectSameAsEager(
  { variables, fn, calls, compiledWith, options = {} }: Example,
  tolerance = TOLERANCE,
): Promise<void> {
  const [eager, compiled] = [variables(), variables()];
  const program = await compile((inputs) => fn(inputs, compiled), compiledWith ?? calls[0]!, {
    ...options,
    state: new Map(Object.entries(compiled)),
  });
  for (const [i, inputs] of calls.entries()) {
    const expected = flattenTree(fn(inputs, eager));
    const actual = flattenTree(program.run(inputs));
    expect(describe(actual), `outputs of call ${i}`).toEqual(describe(expected));
    for (const [j, [path, tensor]] of expected.entries()) {
      expectEqual(actual[j]![1], tensor, { tolerance, what: `call ${i}: output ${path}` });
    }
    for (const [name, tensor] of program.state.read()) {
      expectEqual(tensor, eager[name]!, { tolerance, what: `call ${i}: variable ${name}` });
    }
  }
  program.dispose();
}

function describe(leaves: ReturnType<typeof flattenTree>) {
  return leaves.map(([path, { dtype, shape }]) => ({ path, dtype, shape }));
}

interface Comparison {
  tolerance: { absolute: number; relative: number };
  what: string;
}

/** NaN equals NaN, infinity itself, and strings are compared too. */
export function expectEqual(actual: tf.Tensor, expected: tf.Tensor, { tolerance, what }: Comparison): void {
  const [got, want] = [actual.dataSync(), expected.dataSync()];
  expect({ dtype: actual.dtype, shape: actual.shape }, what).toEqual({
    dtype: expected.dtype,
    shape: expected.shape,
  });
  if (expected.dtype === 'string') {
    expect(got, what).toEqual(want);
    return;
  }
  const isSpecial = (value: number) => !Number.isFinite(value);
  expect([...got].filter(isSpecial), what).toEqual([...want].filter(isSpecial));
  try {
    expectClose(
      [...got].map((value, i) => (isSpecial(want[i]!) ? 0 : value)),
      [...want].map((value) => (isSpecial(value) ? 0 : value)),
      tolerance,
    );
  } catch (error) {
    throw new Error(what, { cause: error });
  }
}

/** Compiles for one call, with example inputs of other values. @returns the outputs; the caller disposes them */
export async function runCompiled<I extends TensorTree, O extends TensorTree>(
  fn: (inputs: I) => O,
  { example, inputs }: { example: I; inputs: I },
  options: Partial<ProgramOptions> & { precision?: Precision } = {},
): Promise<O> {
  const program = await compile(fn, example, { state: new Map(), ...options });
  const outputs = program.run(inputs);
  program.dispose();
  return outputs;
}
