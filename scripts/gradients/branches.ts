/**
 * The branches that a network takes: which ReLUs are on, which element each maximum is. Where it runs op by op, this notes
 * them, and can hold them while the weights move. With branches held, the loss has none of their kinks, and at the weights of
 * the noting it has the same value and the same gradient as without.
 */
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { runKernel, runKernelMulti } from '../../src/ops/kernel.ts';
import { tf } from '../../src/system/tensorflow.ts';

/** The branches of one run, in the order in which they were taken. The owner disposes them. */
export type Branches = readonly tf.Tensor[];

/** Watches one network. */
export interface BranchWatch {
  /** Runs a part of the network; what branches outside (a ReLU within a cross-entropy, say) is no matter. */
  within<T>(part: () => T): T;
  note(run: () => void): Branches;
  /** @throws RangeError when `run` branches more or less often than noted */
  hold<T>(branches: Branches, run: () => T): T;
  /** Lets go of the backend. */
  dispose(): void;
}

type Execute = NodeJSKernelBackend['executeSingleOutput'];
type Call = { attributes: Parameters<Execute>[1]; inputs: tf.Tensor[] };

/** A kernel that branches. */
interface Branching {
  /** Which way it went. */
  note(call: Call, output: tf.Tensor): tf.Tensor;
  /** Its output when it goes that way. */
  follow(call: Call, branch: tf.Tensor): tf.Tensor;
}

const DT_INT32 = 3;

const BRANCHING: Readonly<Record<string, Branching>> = {
  // 1 = on, 0 = off
  Relu: {
    note: (_, output) => output.sign(),
    follow: ({ inputs }, on) => inputs[0]!.mul(on),
  },
  // 1 for the largest
  Max: {
    note: ({ inputs: [x, axes] }) => {
      const kept = x!.max([...axes!.dataSync()], true);
      return tf.cast(x!.equal(kept), 'float32');
    },
    follow: ({ attributes, inputs: [x, axes] }, largest) =>
      (tf.backend() as NodeJSKernelBackend).executeSingleOutput('Sum', attributes, [x!.mul(largest), axes!]),
  },
  // index of the largest among all values
  MaxPool: {
    note: ({ attributes, inputs }) => {
      const wanted = (name: string) => attributes.find((attribute) => attribute.name === name)!.value;
      const window = {
        ksize: { ints: wanted('ksize') as number[] },
        strides: { ints: wanted('strides') as number[] },
        padding: { string: wanted('padding') as string },
      };
      const types = { T: { type: wanted('T') as number }, Targmax: { type: DT_INT32 } };
      const options = { ...window, ...types, include_batch_in_index: { bool: true } };
      return runKernelMulti('MaxPoolWithArgmax', inputs, options, 2)[1]!;
    },
    follow: ({ inputs: [x] }, indices) =>
      runKernel('GatherV2', [x!.flatten(), indices, tf.scalar(0, 'int32')], {
        Tparams: { type: 1 },
        Tindices: { type: DT_INT32 },
        Taxis: { type: DT_INT32 },
        batch_dims: { int: 0 },
      }),
  },
};

/** Takes the backend over until it is disposed. */
export function watchBranches(): BranchWatch {
  const backend = tf.backend() as NodeJSKernelBackend;
  const execute = backend.executeSingleOutput;
  let isInside = false;
  let decide: ((kernel: Branching, call: Call, plain: () => tf.Tensor) => tf.Tensor) | null = null;
  backend.executeSingleOutput = (name, attributes, inputs) => {
    const plain = () => execute.call(backend, name, attributes, inputs);
    const kernel = BRANCHING[name];
    if (!isInside || decide === null || kernel === undefined) return plain();
    isInside = false; // what `decide` runs is no part of the network
    try {
      return decide(kernel, { attributes, inputs: inputs as tf.Tensor[] }, plain);
    } finally {
      isInside = true;
    }
  };
  const decideBy = <T>(decision: NonNullable<typeof decide>, run: () => T): T => {
    decide = decision;
    try {
      return run();
    } finally {
      decide = null;
    }
  };
  return {
    within: (part) => {
      isInside = true;
      try {
        return part();
      } finally {
        isInside = false;
      }
    },
    note: (run) => {
      const branches: tf.Tensor[] = [];
      decideBy((kernel, call, plain) => {
        const output = plain();
        branches.push(tf.keep(kernel.note(call, output)));
        return output;
      }, run);
      return branches;
    },
    hold: (branches, run) => {
      let next = 0;
      const result = decideBy((kernel, call) => {
        const branch = branches[next++];
        if (!branch) throw new RangeError(`More branches than the ${branches.length} that were noted`);
        return kernel.follow(call, branch);
      }, run);
      if (next === branches.length) return result;
      throw new RangeError(`${next} branches, but ${branches.length} were noted`);
    },
    dispose: () => {
      backend.executeSingleOutput = execute;
    },
  };
}

/** In how many places two runs of the same network went different ways. */
export function countSwitched(a: Branches, b: Branches): number {
  return tf.tidy(() =>
    a.reduce((count, branch, i) => count + branch.notEqual(b[i]!).sum().dataSync()[0]!, 0),
  );
}
