/**
 * A function of tensors in, a function that runs as one TensorFlow graph out; `program.ts` does it for several. See README.md.
 */
import { compileProgram, type Functions, type Program, type ProgramOptions } from './program.ts';
import type { TensorFunction } from './record.ts';
import type { Precision } from './run-passes.ts';
import type { TensorTree } from './tensor-tree.ts';

/** A compiled function with its state. */
export interface CompiledFunction<I extends TensorTree, O extends TensorTree>
  extends Omit<Program<Functions>, 'functions'> {
  /**
   * @param inputs of the shapes and types of the example
   * @returns outputs of the same structure as the function's; the caller disposes them
   */
  run: (inputs: I) => O;
}

/** Compiles one function; `compileProgram` compiles several that share their state. */
export async function compile<I extends TensorTree, O extends TensorTree>(
  fn: TensorFunction<I, O>,
  exampleInputs: I,
  { precision = 'float32', ...options }: ProgramOptions & { precision?: Precision },
): Promise<CompiledFunction<I, O>> {
  const { functions, ...program } = await compileProgram({ main: { fn, exampleInputs, precision } }, options);
  return { ...program, run: functions.main };
}
