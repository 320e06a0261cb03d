import { DataType, type DataTypeNumber, type Graph, isControl, type Node, nodeOfInput } from '../graph.ts';
import {
  dataInputs,
  inputTypeNames,
  type OpSignature,
  outputOfInput,
  outputTypeName,
  signatureOf,
  typeNamed,
} from './op-signatures.ts';

const LEGAL_NAME = /^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$/;
/** The first output is written without a number, so that each value has one spelling. */
const LEGAL_OUTPUT = /^[1-9]\d*$/;

/** Bytes of one element, for constants. */
const ELEMENT_BYTES: ReadonlyMap<DataTypeNumber, number> = new Map([
  [DataType.FLOAT, 4],
  [DataType.INT32, 4],
  [DataType.UINT8, 1],
  [DataType.INT64, 8],
  [DataType.BOOL, 1],
  [DataType.BFLOAT16, 2],
  [DataType.HALF, 2],
]);

/**
 * Checks what every pass relies on and TensorFlow demands: names legal and unique, inputs known and earlier, control
 * inputs last, constants as large as their shape says, and for the operations in `op-signatures.ts` the number and types
 * of their inputs. One walk over the nodes, cheap enough to run after every pass; TensorFlow would find the same faults
 * only when the graph is loaded, and could not say which pass made them.
 * @throws Error for the first fault, naming the node
 */
export function validateGraph(graph: Graph): void {
  const earlier = new Map<string, Node>();
  for (const node of graph) {
    const fault = faultOfNode(node, earlier);
    if (fault !== null) throw new Error(`The graph is wrong: ${node.op} ${node.name} ${fault}`);
    earlier.set(node.name, node);
  }
}

/** @returns what is wrong, as the end of a sentence that starts with the node's name; null for nothing */
function faultOfNode(node: Node, earlier: ReadonlyMap<string, Node>): string | null {
  if (!LEGAL_NAME.test(node.name)) return `has a name that TensorFlow refuses; expected ${LEGAL_NAME.source}`;
  if (earlier.has(node.name)) return 'has the name of an earlier node';
  return faultOfWiring(node, earlier) ?? faultOfConstant(node) ?? faultOfTypes(node, earlier);
}

function faultOfWiring(node: Node, earlier: ReadonlyMap<string, Node>): string | null {
  let controlled = false;
  for (const input of node.inputs) {
    const control = isControl(input);
    if (controlled && !control) return `has the value ${input} after a control input`;
    controlled = control;
    if (!earlier.has(nodeOfInput(input))) return `needs ${input}, which is no earlier node`;
    const colon = input.indexOf(':');
    if (colon < 0) continue;
    if (control || !LEGAL_OUTPUT.test(input.slice(colon + 1))) {
      return `has the input ${input}; expected node, node:1 and so on, or ^node`;
    }
  }
  return null;
}

function faultOfConstant(node: Node): string | null {
  if (node.op !== 'Const') return null;
  const { value } = node.attributes;
  if (!value || !('tensor' in value)) return 'has no value';
  const { dtype, shape, bytes, strings } = value.tensor;
  if (dtype !== typeNamed(node, 'dtype'))
    return `is of type ${typeNamed(node, 'dtype')} but its value of ${dtype}`;
  const elements = shape.reduce((product, size) => product * size, 1);
  if (strings) return strings.length === elements ? null : `[${shape}] has ${strings.length} strings`;
  const elementBytes = ELEMENT_BYTES.get(dtype);
  if (elementBytes === undefined || bytes.length === elements * elementBytes) return null;
  return `[${shape}] has ${bytes.length} bytes; expected ${elements * elementBytes}`;
}

function faultOfTypes(node: Node, earlier: ReadonlyMap<string, Node>): string | null {
  const signature = signatureOf(node.op);
  const inputs = dataInputs(node);
  const names = signature ? inputTypeNames(signature, inputs.length) : [];
  if (names === null) return `has ${inputs.length} inputs; ${node.op} takes ${inputCount(signature!)}`;
  for (const [i, input] of inputs.entries()) {
    const source = earlier.get(nodeOfInput(input))!;
    const output = outputType(source, outputOfInput(input));
    if (output === null) return `needs ${input}, but ${source.op} has no such output`;
    const expected = names[i] === undefined ? undefined : typeNamed(node, names[i]);
    if (output !== undefined && expected !== undefined && output !== expected) {
      return `takes type ${expected} as input ${i}, got ${input} of type ${output}`;
    }
  }
  return null;
}

function inputCount({ inputs, repeatedAt }: OpSignature): string {
  return repeatedAt < 0 ? `${inputs.length}` : `${inputs.length} or more`;
}

/** @returns undefined where it is not known; null where the node has no such output */
function outputType(node: Node, index: number): DataTypeNumber | undefined | null {
  const signature = signatureOf(node.op);
  if (!signature) return undefined;
  const name = outputTypeName(signature, index);
  return name === undefined ? null : typeNamed(node, name);
}
