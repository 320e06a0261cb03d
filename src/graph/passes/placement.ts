import { DataType, type Graph, isControl, type Node, nodeOfInput } from '../graph.ts';
import { typeNamed } from './op-signatures.ts';

/**
 * Gives every node without a device one, and leaves the others where they are.
 *
 * What reads or updates a variable runs where the variable lives, whatever `device` says: TensorFlow moves values between
 * devices, handles never. So a step recorded for a second device, with the variables of the first, reads them there and
 * computes here. Small integer constants (shapes, axes) get the device like all others: TensorFlow's GPU kernels keep
 * them in the host's memory. An operation without a kernel for the device (of strings, say) needs a session
 * with soft placement, which runs it on the CPU.
 * @param device e.g. `/device:GPU:0`
 * @throws Error when a node that uses a variable names another device than the variable, or uses variables of two
 */
export function placeNodes(graph: Graph, device: string): Graph {
  const homes = new Map<string, string>();
  return graph.map((node) => {
    const home = homeOfHandles(node, homes);
    const placed = { ...node, device: node.device || (home ?? device) };
    if (home !== null && placed.device !== home) {
      throw new Error(
        `placeNodes: ${node.name} is on ${node.device} but the variable that it uses is on ${home}`,
      );
    }
    if (givesHandle(node)) homes.set(node.name, placed.device);
    return placed;
  });
}

/** @returns the device of the variables that the node uses; null when it uses none */
function homeOfHandles(node: Node, homes: ReadonlyMap<string, string>): string | null {
  let home: string | null = null;
  for (const input of node.inputs) {
    const other = isControl(input) ? undefined : homes.get(nodeOfInput(input));
    if (other === undefined) continue;
    if (home !== null && home !== other) {
      throw new Error(`placeNodes: ${node.name} uses variables on ${home} and on ${other}`);
    }
    home = other;
  }
  return home;
}

/** A variable's handle, or one passed on: `Identity` of a handle is the handle. */
function givesHandle(node: Node): boolean {
  return node.op === 'VarHandleOp' || (node.op === 'Identity' && typeNamed(node, 'T') === DataType.RESOURCE);
}
