import { compile } from '../../src/graph/compile.ts';
import type { TensorTree } from '../../src/graph/tensor-tree.ts';
import { tf } from '../../src/system/tensorflow.ts';

/** A step that is ready to run. */
export interface Running<I extends TensorTree, O extends TensorTree> {
  run(inputs: I): O;
  /** Values of a variable as they are now. */
  read(name: string): number[];
}

/** One of the two ways to run a step. */
export interface Engine {
  name: string;
  start<I extends TensorTree, O extends TensorTree>(
    fn: (inputs: I) => O,
    example: I,
    state: ReadonlyMap<string, tf.Variable>,
  ): Promise<Running<I, O>>;
}

/** What both do alike, tests say once. */
export const engines: readonly Engine[] = [
  {
    name: 'op by op',
    start: async (fn, _, state) => ({
      run: (inputs) => tf.tidy(() => fn(inputs) as object as tf.TensorContainer) as never,
      read: (name) => [...state.get(name)!.dataSync()],
    }),
  },
  {
    name: 'compiled',
    start: async (fn, example, state) => {
      const program = await compile(fn, example, { state });
      return {
        run: program.run,
        read: (name) => [...program.state.read([name]).get(name)!.dataSync()],
      };
    },
  },
];
