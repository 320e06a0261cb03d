/**
 * Runs a function of tensors for its shapes only: every op gives outputs of the right shape and type and without values, so
 * that a step of any size takes milliseconds and no memory. What `torch.device('meta')` and `jax.eval_shape` are elsewhere.
 *
 * Shapes come from `shape-rules.ts` where large tensors go in or out, and for all other ops from TensorFlow itself, which runs
 * them on zeros. Small tensors keep their values, as these may be sizes and axes.
 */
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import type { TensorMetadata, TFEOpAttr, TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { tf } from '../system/tensorflow.ts';
import { DataType, dataTypeOf } from './graph.ts';
import { overlay, replace } from './interception.ts';
import { outputsByRule, sizeOf, type TensorSpec } from './shape-rules.ts';
import { graphAttributes } from './tensor-content.ts';

/** Tensors of up to so many elements keep their values. */
const SMALL = 256;

/** The members of tfjs-node's backend that are replaced; both are private in its types. */
interface Backend {
  binding: TFJSBinding;
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
}

/**
 * Tensors that `body` makes have no values and must not be read; what was made before keeps its own, if it has been used
 * before (tfjs hands values to TensorFlow at the first use).
 * @returns what `body` returns
 */
export function dryRun<T>(body: () => T): T {
  const backend = tf.backend() as NodeJSKernelBackend as unknown as Backend;
  const { binding, getInputTensorIds } = backend;
  const dry = createDryBinding(binding);
  const undo = replace(backend, {
    binding: dry.binding,
    getInputTensorIds: (tensors) => {
      const ids = getInputTensorIds.call(backend, tensors);
      for (const [i, id] of ids.entries()) dry.learn(id, tensors[i]!);
      return ids;
    },
  });
  try {
    return body();
  } finally {
    undo();
  }
}

/** What is known of tensors by their ids. Those below 0 have no values: tfjs-node never asks TensorFlow to free them. */
type Specs = Map<number, TensorSpec>;

/** An op as tfjs-node hands it to TensorFlow. */
interface OpCall {
  op: string;
  attributes: readonly TFEOpAttr[];
  /** Ids. */
  inputs: readonly number[];
  /** Number of outputs. */
  count: number;
}

function createDryBinding(binding: TFJSBinding) {
  const specs: Specs = new Map();
  const ask = createOracle(binding);
  let lastId = -1;
  const withoutValues = ({ shape, dtype }: TensorSpec): TensorMetadata => {
    lastId--;
    specs.set(lastId, { shape, dtype });
    return { id: lastId, shape: [...shape], dtype };
  };
  const withValues = (output: TensorMetadata): TensorMetadata => {
    if (!isSmall(output)) {
      binding.deleteTensor(output.id);
      return withoutValues(output);
    }
    specs.set(output.id, output);
    return output;
  };
  const execute = (call: OpCall): TensorMetadata[] => {
    const inputs = call.inputs.map((id) => ({ id, ...specs.get(id)! }));
    const ruled = outputsByRule({
      op: call.op,
      attributes: graphAttributes(binding, call.attributes),
      inputs,
      ints: (i) => knownInts(binding, inputs[i]!),
    });
    const computable = inputs.every(hasValues) && (ruled === null || ruled.every(isSmall));
    if (computable) return executeOp(binding, call).map(withValues);
    return (ruled ?? ask(call, inputs)).map(withoutValues);
  };
  const members: Partial<TFJSBinding> = {
    createTensor: (shape, dtype, values) => {
      const spec = { shape, dtype };
      if (dtype !== DataType.STRING && !isSmall(spec)) return withoutValues(spec).id;
      const id = binding.createTensor(shape, dtype, values);
      specs.set(id, spec);
      return id;
    },
    executeOp: (op, attributes, inputs, count) => execute({ op, attributes, inputs, count }),
    // tfjs reads indices to check them: zeros are right ones.
    tensorDataSync: (id) => (id < 0 ? zeros(specs.get(id)!) : binding.tensorDataSync(id)),
  };
  return {
    binding: overlay(binding, members),
    /** Tells of a tensor that was made before. */
    learn: (id: number, tensor: tf.TensorInfo) => {
      // Not of others: a recording refuses to show shapes that depend on data.
      if (!specs.has(id)) specs.set(id, { shape: tensor.shape, dtype: dataTypeOf(tensor.dtype) });
    },
  };
}

type Input = TensorSpec & { id: number };

/**
 * Tells shapes by running an op on zeros, in place of inputs without values. So where the number of results depends on data,
 * it is what zeros make it: `DynamicPartition` gives all rows to its first output.
 */
function createOracle(binding: TFJSBinding): (call: OpCall, inputs: readonly Input[]) => TensorSpec[] {
  const answers = new Map<string, TensorSpec[]>();
  return (call, inputs) => {
    const key = JSON.stringify([
      ...[call.op, call.attributes, call.count],
      ...inputs.map((input) => [input.shape, input.dtype, hasValues(input) && valuesOf(binding, input)]),
    ]);
    const known = answers.get(key);
    if (known) return known;
    const made: number[] = [];
    const stand = (input: Input): number => {
      if (hasValues(input)) return input.id;
      const id = binding.createTensor([...input.shape], input.dtype, zeros(input));
      made.push(id);
      return id;
    };
    const outputs = executeOp(binding, { ...call, inputs: inputs.map(stand) });
    for (const id of [...made, ...outputs.map((output) => output.id)]) binding.deleteTensor(id);
    answers.set(key, outputs);
    return outputs;
  };
}

function executeOp(binding: TFJSBinding, { op, attributes, inputs, count }: OpCall): TensorMetadata[] {
  return binding.executeOp(op, [...attributes], [...inputs], count);
}

function hasValues({ id }: { id: number }): boolean {
  return id >= 0;
}

function isSmall({ shape }: TensorSpec): boolean {
  return sizeOf(shape) <= SMALL;
}

function knownInts(binding: TFJSBinding, input: Input): number[] | null {
  return hasValues(input) && isSmall(input) && input.dtype === DataType.INT32
    ? [...binding.tensorDataSync(input.id)]
    : null;
}

/** Types whose values tfjs-node reads as numbers. */
const READABLE: readonly number[] = [DataType.FLOAT, DataType.INT32, DataType.BOOL];

/** What of an input with values may decide a shape. */
function valuesOf(binding: TFJSBinding, input: Input): number[] | null {
  return isSmall(input) && READABLE.includes(input.dtype) ? [...binding.tensorDataSync(input.id)] : null;
}

function zeros({ shape, dtype }: TensorSpec): Float32Array | Int32Array | Uint8Array {
  const size = sizeOf(shape);
  if (dtype === DataType.FLOAT) return new Float32Array(size);
  if (dtype === DataType.INT32) return new Int32Array(size);
  return new Uint8Array(size);
}
