/**
 * A graph as a SavedModel, TensorFlow's format of a program on disk: what `tf.node.loadSavedModel` and Python
 * read.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attribute, AttributeList, DataTypeNumber, Graph, Node, TensorValue } from './graph.ts';
import {
  type AttributeListMessage,
  type AttributeMessage,
  encodeSavedModelMessage,
  int64Message,
  type NodeMessage,
  type ShapeMessage,
  type SignatureMessage,
  type TensorInfoMessage,
  type TensorMessage,
} from './protobuf.ts';

/**
 * What the graph's ops mean, and what says it wrote the file (`TF_GRAPH_DEF_VERSION`, `TF_Version` of the
 * library).
 */
const GRAPH_VERSION = 2474;
const TENSORFLOW_VERSION = '2.21.0';

/** The only one there is (tensorflow/cc/saved_model/constants.h). */
const SCHEMA_VERSION = 1;

/** How the model is asked for when it is loaded: tfjs's and Python's default. */
const TAGS = ['serve'];

/** protobuf's limit: no message can be larger. The names and attributes need some of it. */
const MAX_CONSTANT_BYTES = 2 ** 31 - 2 ** 26;

/** A tensor that goes into the graph or comes out of it. */
export interface SignatureTensor {
  /** `node:0`. */
  name: string;
  dtype: DataTypeNumber;
  /** -1 where a size is not known beforehand. */
  shape: readonly number[];
}

/** A named way to run the graph. All of one SavedModel share one session, and so its variables. */
export interface Signature {
  /** tfjs refuses to run a signature without any. */
  inputs: Readonly<Record<string, SignatureTensor>>;
  outputs: Readonly<Record<string, SignatureTensor>>;
  /** Default: `tensorflow/serving/predict`. */
  methodName?: string;
}

/**
 * @param signatures by name; `serving_default` is the one that TensorFlow's tools take
 * @returns the content of `saved_model.pb`; the same bytes for the same graph, in whatever order attributes,
 *   inputs, outputs and signatures were added
 * @throws RangeError where the constants are too large for one file, or an attribute is no 64-bit integer
 */
export function encodeSavedModel(graph: Graph, signatures: Readonly<Record<string, Signature>>): Uint8Array {
  assertSize(graph);
  return encodeSavedModelMessage({
    savedModelSchemaVersion: SCHEMA_VERSION,
    metaGraphs: [
      {
        metaInfoDef: { tags: TAGS, tensorflowVersion: TENSORFLOW_VERSION },
        graphDef: { node: graph.map(toNode), versions: { producer: GRAPH_VERSION } },
        signatureDef: mapSorted(signatures, toSignature),
      },
    ],
  });
}

/**
 * Makes `folder` a SavedModel. A reader sees the old model or the new, never half of one: the graph is one
 * file, which is written beside its place, synced and renamed.
 * @throws as `encodeSavedModel`, and the file system's error; what was there is then as it was
 */
export async function writeSavedModel(
  folder: string,
  graph: Graph,
  signatures: Readonly<Record<string, Signature>>,
): Promise<void> {
  const bytes = encodeSavedModel(graph, signatures);
  const path = join(folder, 'saved_model.pb');
  const aside = `${path}.${randomBytes(4).toString('hex')}.part`;
  await mkdir(folder, { recursive: true });
  try {
    const file = await open(aside, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

function assertSize(graph: Graph): void {
  let bytes = 0;
  for (const { attributes } of graph) {
    for (const attribute of Object.values(attributes)) {
      if ('tensor' in attribute) bytes += attribute.tensor.bytes.length;
    }
  }
  if (bytes <= MAX_CONSTANT_BYTES) return;
  throw new RangeError(
    `the graph's constants take ${bytes} bytes, a SavedModel holds ${MAX_CONSTANT_BYTES}; make variables of the large ones`,
  );
}

function toNode(node: Node): NodeMessage {
  return {
    name: node.name,
    op: node.op,
    input: node.inputs,
    device: node.device,
    attr: mapSorted(node.attributes, (attribute, name) => {
      try {
        return toAttribute(attribute);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new RangeError(`attribute ${name} of ${node.op} "${node.name}": ${error.message}`, {
          cause: error,
        });
      }
    }),
  };
}

function toAttribute(attribute: Attribute): AttributeMessage {
  if ('i' in attribute) return { i: int64Message(attribute.i) };
  if ('shape' in attribute) return { shape: toShape(attribute.shape) };
  if ('tensor' in attribute) return { tensor: toTensor(attribute.tensor) };
  if ('list' in attribute) return { list: toList(attribute.list) };
  return attribute;
}

function toList({ i, shape, ...rest }: AttributeList): AttributeListMessage {
  return {
    ...rest,
    ...(i && { i: i.map(int64Message) }),
    ...(shape && { shape: shape.map(toShape) }),
  };
}

function toTensor({ dtype, shape, bytes, strings = [] }: TensorValue): TensorMessage {
  return { dtype, tensorShape: toShape(shape), tensorContent: bytes, stringVal: strings };
}

function toShape(shape: readonly number[]): ShapeMessage {
  return { dim: shape.map((size) => ({ size })) };
}

function toSignature({ inputs, outputs, methodName }: Signature): SignatureMessage {
  return {
    inputs: mapSorted(inputs, toTensorInfo),
    outputs: mapSorted(outputs, toTensorInfo),
    methodName: methodName ?? 'tensorflow/serving/predict',
  };
}

function toTensorInfo({ name, dtype, shape }: SignatureTensor): TensorInfoMessage {
  return { name, dtype, tensorShape: toShape(shape) };
}

/** The order of keys is that of the bytes. */
function mapSorted<From, To>(
  record: Readonly<Record<string, From>>,
  convert: (value: From, name: string) => To,
): Record<string, To> {
  const names = Object.keys(record).sort((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(names.map((name) => [name, convert(record[name]!, name)]));
}
