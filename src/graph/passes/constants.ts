import { hash } from 'node:crypto';
import { type Graph, isControl, type Node, nodeOfInput } from '../graph.ts';

/**
 * Makes equal constants one: a recording holds the same shape, axis or 0 hundreds of times. Equal means the same type,
 * shape, device and bytes, so 0 and -0 stay two, and so do two NaNs of different bits.
 * @param roots names, as inputs are written, that are read from outside; these constants stay even where an equal one
 *   comes before
 * @returns the graph in its order, with the first of equal constants in place of the later ones
 */
export function shareConstants(graph: Graph, roots: readonly string[] = []): Graph {
  const kept = new Set(roots.map(nodeOfInput));
  const firstByContent = new Map<string, string>();
  const replacements = new Map<string, string>();
  const nodes: Node[] = [];
  for (const node of graph) {
    const content = contentKey(node);
    const first = content === null ? undefined : firstByContent.get(content);
    if (content !== null && first === undefined) firstByContent.set(content, node.name);
    if (first !== undefined) replacements.set(node.name, first);
    if (first === undefined || kept.has(node.name)) nodes.push(rewired(node, replacements));
  }
  return nodes;
}

/** @returns equal for constants that may be shared; null for a node that is none, or that waits for another */
function contentKey(node: Node): string | null {
  const { value } = node.attributes;
  if (node.op !== 'Const' || node.inputs.length > 0 || !value || !('tensor' in value)) return null;
  if (Object.keys(node.attributes).some((name) => name !== 'value' && name !== 'dtype')) return null;
  const { dtype, shape, bytes, strings } = value.tensor;
  const content = strings ? strings.map(digest).join() : digest(bytes);
  return `${node.device} ${dtype} [${shape}] ${content}`;
}

/** Content up to this size is its own digest: hashing a shape or an axis takes longer than writing it out. */
const MAX_VERBATIM_BYTES = 64;

function digest(bytes: Uint8Array): string {
  if (bytes.length > MAX_VERBATIM_BYTES) return hash('sha256', bytes, 'base64');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function rewired(node: Node, replacements: ReadonlyMap<string, string>): Node {
  if (!node.inputs.some((input) => replacements.has(nodeOfInput(input)))) return node;
  const inputs = node.inputs.map((input) => {
    const first = replacements.get(nodeOfInput(input)) ?? nodeOfInput(input);
    if (isControl(input)) return `^${first}`;
    return replacements.has(input) ? first : input;
  });
  const controls = new Set(inputs.filter(isControl));
  return { ...node, inputs: [...inputs.filter((input) => !isControl(input)), ...controls] };
}
