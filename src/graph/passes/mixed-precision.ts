/**
 * Mixed precision as a rewriting of the graph: matrix products and convolutions in bfloat16 or float16, everything else
 * in float32. Micikevicius et al. 2018, https://arxiv.org/abs/1710.03740
 */
import { DataType, type Graph, isControl, type Node, nodeOfInput } from '../graph.ts';
import { dataInputs, inputTypeNames, signatureOf, typeNamed } from './op-signatures.ts';
import { DEFAULT_POLICY, type PrecisionPolicy } from './precision-policy.ts';

/** The two types of 16 bits. */
export type LowType = typeof DataType.BFLOAT16 | typeof DataType.HALF;

export interface MixedPrecision {
  type: LowType;
  /** `DEFAULT_POLICY` where left out. */
  policy?: PrecisionPolicy;
}

/** The attribute that holds the type of every operation that a policy may name. */
const T = 'T';
const TYPE_NAMES = { [DataType.BFLOAT16]: 'bfloat16', [DataType.HALF]: 'float16' } as const;

/**
 * Runs float32 operations in a type of 16 bits where the policy says so, with the casts that this takes.
 *
 * - A value is cast once in each direction, on the device of the node that makes it, for all who use it. Where an
 *   operation in the low type feeds another, no cast stands between them.
 * - Every name keeps its meaning: `conv` is still the float32 value, now a cast of `conv/bfloat16`. So outputs may be
 *   read by the names they had. A cast that nobody reads is left to `removeDeadNodes` and to TensorFlow.
 * - Variables and what updates them stay float32: no policy may name their operations.
 * - Nodes of another type, and inputs of other types (shapes, axes), stay as they are.
 *
 * float16 has 5 bits of exponent: gradients below 3e-8 become 0, so the loss must be scaled. bfloat16 needs no scaling.
 * @returns the rewritten graph; one that went through this pass before comes back equal
 * @throws Error for a policy that names an operation it may not
 */
export function mixPrecision(graph: Graph, { type, policy = DEFAULT_POLICY }: MixedPrecision): Graph {
  assertPolicy(policy);
  const lowered = nodesToLower(graph, policy);
  const rewriting: Rewriting = {
    type,
    lowered,
    devices: new Map(graph.map((node) => [node.name, node.device])),
    taken: new Set(graph.map((node) => node.name)),
    lowNames: new Map(),
    nodes: [],
  };
  for (const node of graph) {
    if (lowered.has(node.name)) addLowered(rewriting, node);
    else rewriting.nodes.push({ ...node, inputs: node.inputs.map((input) => afterLow(rewriting, input)) });
  }
  return rewriting.nodes;
}

/** What is known while the new graph is written from its first node to its last. */
interface Rewriting {
  type: LowType;
  /** Names of the nodes that get the low type. */
  lowered: ReadonlySet<string>;
  devices: ReadonlyMap<string, string>;
  /** Names in use. */
  taken: Set<string>;
  /** A float32 value, as inputs name it → the node that has it in the low type. */
  lowNames: Map<string, string>;
  nodes: Node[];
}

/** Names of the float32 nodes that always run in the low type, and of those that follow. */
function nodesToLower(graph: Graph, { lower, follow }: PrecisionPolicy): ReadonlySet<string> {
  const named = (ops: ReadonlySet<string>) => graph.filter((node) => ops.has(node.op) && isFloat(node));
  const lowered = named(lower);
  const followers = named(follow);
  const comeLow = new Set(lowered.map((node) => node.name));
  for (const node of followers) {
    if (comeLow.has(nodeOfInput(typedInputs(node)[0]!))) comeLow.add(node.name);
  }
  const wantedLow = new Set(lowered.flatMap(typedInputs).map(nodeOfInput));
  for (const node of followers.toReversed()) {
    if (wantedLow.has(node.name)) wantedLow.add(nodeOfInput(typedInputs(node)[0]!));
  }
  const following = followers.filter(({ name }) => comeLow.has(name) && wantedLow.has(name));
  return new Set([...lowered, ...following].map((node) => node.name));
}

function isFloat(node: Node): boolean {
  return typeNamed(node, T) === DataType.FLOAT && typedInputs(node).length > 0;
}

/** The data inputs of the type that the node's type attribute names. */
function typedInputs(node: Node): readonly string[] {
  const signature = signatureOf(node.op);
  const inputs = dataInputs(node);
  const types = signature ? inputTypeNames(signature, inputs.length) : null;
  return inputs.filter((_, i) => types?.[i] === T);
}

/** Writes the node in the low type under a new name, and under its own name the value in float32. */
function addLowered(rewriting: Rewriting, node: Node): void {
  const { type, nodes } = rewriting;
  const typed = new Set(typedInputs(node));
  const inputs = node.inputs.map((input) =>
    typed.has(input) ? lowValue(rewriting, input) : afterLow(rewriting, input),
  );
  const name = lowName(rewriting, node.name);
  nodes.push({ ...node, name, inputs, attributes: { ...node.attributes, [T]: { type } } });
  nodes.push(cast(node.name, name, { from: type, to: DataType.FLOAT, device: node.device }));
}

/** The name of a float32 value in the low type; casts it where nobody has asked for it before. */
function lowValue(rewriting: Rewriting, input: string): string {
  const known = rewriting.lowNames.get(input);
  if (known !== undefined) return known;
  const name = lowName(rewriting, input);
  const device = rewriting.devices.get(nodeOfInput(input)) ?? '';
  rewriting.nodes.push(cast(name, input, { from: DataType.FLOAT, to: rewriting.type, device }));
  return name;
}

/** A control input on a lowered node waits for the operation, not for the cast of its value, which may be dead. */
function afterLow({ lowered, lowNames }: Rewriting, input: string): string {
  const name = nodeOfInput(input);
  return isControl(input) && lowered.has(name) ? `^${lowNames.get(name)}` : input;
}

/** The node that has in float32 what `low` has in the low type: `a/bfloat16` → `a`. */
export function float32Name(low: string): string {
  return low.slice(0, low.lastIndexOf('/'));
}

/** Takes a name for a value in the low type: `a` → `a/bfloat16`, `a:1` → `a/1/bfloat16`. */
function lowName({ type, taken, lowNames }: Rewriting, input: string): string {
  const wanted = `${input.replace(':', '/')}/${TYPE_NAMES[type]}`;
  let name = wanted;
  for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`;
  taken.add(name);
  lowNames.set(input, name);
  return name;
}

function cast(name: string, input: string, as: { from: number; to: number; device: string }): Node {
  const attributes = { SrcT: { type: as.from }, DstT: { type: as.to } };
  return { name, op: 'Cast', inputs: [input], device: as.device, attributes };
}

/** Operations of several outputs could not keep their names, and state must stay float32: it has none. */
function assertPolicy({ lower, follow }: PrecisionPolicy): void {
  for (const op of [...lower, ...follow]) {
    const signature = signatureOf(op);
    const one = signature?.outputs.length === 1 && !signature.manyOutputs;
    if (one && signature.outputs[0] === T && signature.inputs.includes(T)) continue;
    throw new Error(
      `mixPrecision: a policy may not name ${op}: it needs inputs of one type T and one output of it`,
    );
  }
}
