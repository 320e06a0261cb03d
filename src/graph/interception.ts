/**
 * Stands between tfjs and TensorFlow while a function is recorded. Every kernel of tfjs-node ends in
 * `backend.binding.executeOp`, those of tfjs' own gradients too, so that one place sees all; nothing of tfjs is patched on
 * disk, and everything is put back when the recording ends, however it ends.
 */
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import type { TensorMetadata, TFEOpAttr, TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { tf } from '../system/tensorflow.ts';
import type { HostValues } from './tensor-content.ts';

/** tfjs' name for a tensor's content: compared by identity. */
export type DataId = object;

/** What is told of each event. Any of them may throw: the error passes through tfjs to the caller of the function. */
export interface Hooks {
  /** TensorFlow has run an op. */
  executed(
    op: string,
    attributes: readonly TFEOpAttr[],
    inputs: readonly number[],
    outputs: readonly TensorMetadata[],
  ): void;
  /** Host values are about to become a tensor's content. */
  written(dataId: DataId): void;
  /** Host values have been handed to TensorFlow. */
  uploaded(id: number, shape: readonly number[], dtype: number, values: HostValues): void;
  /** Tensors are about to be used by an op. `delayed`: their values still wait on the host. */
  used(tensors: readonly { tensor: tf.TensorInfo; delayed: boolean }[]): void;
  /** A value is about to be read. @returns normally only where that is allowed; it is asked for refusals afterwards */
  read(dataId: DataId): void;
  /** A kernel of tfjs (not one called by the user's own code) is about to run. */
  kernelStarts(name: string, inputs: readonly tf.TensorInfo[]): void;
  /** The kernel that started last has made its outputs, or none because it failed. */
  kernelEnds(outputs: readonly tf.Tensor[]): void;
  /** An op has made a tensor, outside or inside of a kernel. */
  created(tensor: tf.Tensor, id: number): void;
  /** A variable is about to be made. */
  variable(): void;
  /** A variable is about to get another value. */
  assigned(variable: tf.Variable, value: tf.Tensor): void;
  /** JavaScript's own random generator is about to draw. */
  random(): void;
}

/** The members of tfjs-node's backend that recording replaces; some are private in its types. */
interface Backend {
  binding: TFJSBinding;
  tensorMap: { has(id: DataId): boolean; get(id: DataId): { values: unknown } };
  write(values: unknown, shape: number[], dtype: tf.DataType): DataId;
  readSync(dataId: DataId): unknown;
  read(dataId: DataId): Promise<unknown>;
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
}

/** The members of tfjs' engine that recording replaces. */
interface Engine {
  runKernel(name: string, inputs: Record<string, unknown>, attributes?: unknown): tf.Tensor | tf.Tensor[];
  makeVariable(...args: unknown[]): tf.Variable;
}

/** Runs `body` with the hooks in place. @returns what `body` returns */
export function intercept<T>(hooks: Hooks, body: () => T): T {
  const backend = tf.backend() as NodeJSKernelBackend as unknown as Backend;
  const engine = tf.engine() as unknown as Engine;
  const restore = [
    replace(backend, interceptBackend(backend, hooks)),
    replace(engine, interceptEngine(engine, hooks)),
    replace(tf.Variable.prototype, interceptVariable(hooks)),
    replace(Math, interceptRandom(hooks)),
  ];
  try {
    return body();
  } finally {
    for (const undo of restore) undo();
  }
}

/** How many tensors have this content. */
export function sharers(dataId: DataId): number {
  return tf.backend().refCount(dataId);
}

/** The id by which TensorFlow knows a tensor; uploads it first where its values still wait on the host. */
export function tensorId(tensor: tf.Tensor): number {
  return (tf.backend() as unknown as Backend).getInputTensorIds([tensor])[0]!;
}

/** Sets own properties that hide those of the prototype. @returns what takes them away again */
export function replace<T extends object>(target: T, members: Partial<T>): () => void {
  const before = Object.keys(members).map(
    (name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const,
  );
  Object.assign(target, members);
  return () => {
    for (const [name, descriptor] of before) {
      Reflect.deleteProperty(target, name);
      if (descriptor) Object.defineProperty(target, name, descriptor);
    }
  };
}

function interceptBackend(backend: Backend, hooks: Hooks): Partial<Backend> {
  const { write, readSync, read, getInputTensorIds, createOutputTensor } = backend;
  return {
    binding: interceptBinding(backend.binding, hooks),
    write: (values, shape, dtype) => {
      const dataId = write.call(backend, values, shape, dtype);
      hooks.written(dataId);
      return dataId;
    },
    readSync: (dataId) => {
      hooks.read(dataId);
      return readSync.call(backend, dataId);
    },
    read: (dataId) => {
      try {
        hooks.read(dataId);
      } catch {
        // The recorder remembers the refusal. A promise that nobody waits for must not end the process.
        return new Promise(() => {});
      }
      return read.call(backend, dataId);
    },
    getInputTensorIds: (tensors) => {
      hooks.used(tensors.map((tensor) => ({ tensor, delayed: isDelayed(backend, tensor) })));
      return getInputTensorIds.call(backend, tensors);
    },
    createOutputTensor: (metadata) => {
      const tensor = createOutputTensor.call(backend, metadata);
      hooks.created(tensor, metadata.id);
      return tensor;
    },
  };
}

/** tfjs' 64-bit scalars carry their value in themselves and have no `dataId`. */
function isDelayed(backend: Backend, { dataId }: tf.TensorInfo): boolean {
  return dataId !== undefined && backend.tensorMap.get(dataId).values !== null;
}

function interceptBinding(binding: TFJSBinding, hooks: Hooks): TFJSBinding {
  return overlay(binding, {
    executeOp: (op, attributes, inputs, count) => {
      const outputs = binding.executeOp(op, attributes, inputs, count);
      hooks.executed(op, attributes, inputs, outputs);
      return outputs;
    },
    createTensor: (shape, dtype, values) => {
      const id = binding.createTensor(shape, dtype, values);
      hooks.uploaded(id, shape, dtype, values as HostValues);
      return id;
    },
  });
}

/** The binding with some members of its own replaced. The native object lets none be set, hence a proxy over an empty target. */
export function overlay(binding: TFJSBinding, members: Partial<TFJSBinding>): TFJSBinding {
  return new Proxy({} as TFJSBinding, {
    get: (_, name) => {
      const key = name as keyof TFJSBinding;
      if (key in members) return members[key];
      const value = binding[key] as unknown;
      return typeof value === 'function' ? value.bind(binding) : value;
    },
  });
}

function interceptEngine(engine: Engine, hooks: Hooks): Partial<Engine> {
  const { runKernel, makeVariable } = engine;
  return {
    runKernel: (name, inputs, attributes) => {
      hooks.kernelStarts(name, Object.values(inputs).flat() as tf.TensorInfo[]);
      let outputs: tf.Tensor | tf.Tensor[] = [];
      try {
        outputs = runKernel.call(engine, name, inputs, attributes);
      } finally {
        hooks.kernelEnds([outputs].flat());
      }
      return outputs;
    },
    makeVariable: (...args) => {
      hooks.variable();
      return makeVariable.apply(engine, args);
    },
  };
}

function interceptVariable(hooks: Hooks): Partial<tf.Variable> {
  const { assign } = tf.Variable.prototype;
  return {
    assign(this: tf.Variable, value) {
      hooks.assigned(this, value);
      assign.call(this, value);
    },
  };
}

function interceptRandom(hooks: Hooks): Partial<Math> {
  const { random } = Math;
  return {
    random: () => {
      hooks.random();
      return random();
    },
  };
}
