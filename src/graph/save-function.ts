/**
 * A function as a SavedModel that stands alone: its graph with all that it reads as constants, under a signature that
 * TensorFlow's own tools, Python and tfjs load and run.
 */
import type { tf } from '../system/tensorflow.ts';
import { DataType, type Node } from './graph.ts';
import { type Port, type Recording, recordFunction, type TensorFunction } from './record.ts';
import { finishGraph, lowerRecording, type Precision } from './run-passes.ts';
import { type Signature, type SignatureTensor, writeSavedModel } from './saved-model.ts';
import type { TensorTree } from './tensor-tree.ts';

/** What goes into the SavedModel, and how. */
export interface SaveOptions {
  /** Tensors from outside, whose content is written. A variable is one too, and keeps the value that it has now. */
  constants?: readonly tf.Tensor[];
  /** By path: inputs that callers give in another type than the one in which the function takes them. */
  inputTypes?: Readonly<Record<string, 'uint8'>>;
  /** Default: float32. */
  precision?: Precision;
  /** Default: `serving_default`, which TensorFlow's tools take where none is named. */
  signature?: string;
}

/** What was written: shapes by the names in the signature. */
export interface SavedFunction {
  inputs: Record<string, readonly number[]>;
  outputs: Record<string, readonly number[]>;
}

/**
 * Makes `folder` a SavedModel of `fn`. Tensors are named in its signature as in the function's records, nested names
 * joined by `_`: `{ batch: { images } }` → `batch_images`. Equal functions, constants and options give equal bytes.
 * @param fn changes no variable
 * @param exampleInputs tensors of the shapes and types that `fn` takes; their values decide nothing
 * @returns the shapes in the signature
 * @throws RecordingError where the function cannot be recorded; RangeError for names that coincide, for an input in
 *   `inputTypes` that is none or is neither float32 nor int32, and for constants of more than 2 GB; the file system's
 *   error. What was in the folder is then as it was
 */
export async function saveFunction<I extends TensorTree, O extends TensorTree>(
  folder: string,
  fn: TensorFunction<I, O>,
  exampleInputs: I,
  options: SaveOptions = {},
): Promise<SavedFunction> {
  const { inputTypes = {}, precision = 'float32', signature = 'serving_default' } = options;
  const recorded = fn as unknown as TensorFunction;
  const context = { state: new Map<string, tf.Variable>(), constants: options.constants ?? [] };
  const recording = recordFunction(signature, recorded, exampleInputs, context);
  const { nodes, inputs, outputs } = lowerRecording(withInputTypes(recording, inputTypes), precision);
  const described: Signature = { inputs: named(inputs), outputs: named(outputs) };
  await writeSavedModel(folder, finishGraph(nodes), { [signature]: described });
  return { inputs: shapesOf(described.inputs), outputs: shapesOf(described.outputs) };
}

/** Where an input has another type outside, the node of its name becomes a cast of a placeholder of that type. */
function withInputTypes(recording: Recording, types: Readonly<Record<string, 'uint8'>>): Recording {
  const inputs = recording.inputs.map((port) => (port.path in types ? bytePort(port) : port));
  for (const path of Object.keys(types)) {
    if (inputs.every((port) => port.path !== path)) {
      const known = inputs.map((port) => port.path).join(', ');
      throw new RangeError(`inputTypes names ${path}, which is no input; expected one of ${known}`);
    }
  }
  const outside = new Map(recording.inputs.map(({ node }, i) => [node, inputs[i]!]));
  const nodes = recording.nodes.flatMap((node) => {
    const port = outside.get(node.name);
    return port && port.node !== node.name ? castNodes(port, node) : [node];
  });
  return { ...recording, nodes, inputs };
}

function bytePort({ path, node, dtype, shape }: Port): Port {
  if (dtype !== DataType.FLOAT && dtype !== DataType.INT32) {
    throw new RangeError(
      `The input ${path} cannot be given as uint8: the function takes neither float32 nor int32`,
    );
  }
  return { path, node: `${node}/uint8`, dtype: DataType.UINT8, shape };
}

function castNodes({ node, dtype, shape }: Port, placeholder: Node): Node[] {
  const { dtype: inside } = placeholder.attributes;
  return [
    { ...placeholder, name: node, attributes: { dtype: { type: dtype }, shape: { shape } } },
    { ...placeholder, op: 'Cast', inputs: [node], attributes: { SrcT: { type: dtype }, DstT: inside! } },
  ];
}

function named(ports: readonly Port[]): Record<string, SignatureTensor> {
  const tensors: Record<string, SignatureTensor> = {};
  for (const { path, node, dtype, shape } of ports) {
    const name = path.replaceAll('/', '_');
    if (name in tensors) {
      throw new RangeError(
        `Two tensors would be called ${name} in the signature, one of them ${path}; rename it`,
      );
    }
    tensors[name] = { name: `${node}:0`, dtype, shape };
  }
  return tensors;
}

function shapesOf(tensors: Signature['inputs']): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
}
