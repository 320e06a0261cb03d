import { type Graph, nodeOfInput } from '../graph.ts';

/**
 * Removes the nodes that nothing asks for.
 * @param roots what is asked for, as inputs are written (`node`, `node:1`, `^node`): outputs, and updates of state
 * @returns the roots and all that they need, through values and through control inputs, in the order they had;
 *   an empty graph for no roots
 * @throws Error when a root is not in the graph
 */
export function removeDeadNodes(graph: Graph, roots: readonly string[]): Graph {
  const needed = new Set(roots.map(nodeOfInput));
  const known = new Set(graph.map((node) => node.name));
  for (const name of needed) {
    if (!known.has(name)) throw new Error(`removeDeadNodes: the graph has no node ${name}`);
  }
  // A node comes after all that it needs, so one walk from the end meets every user before what it uses.
  for (let i = graph.length - 1; i >= 0; i--) {
    const node = graph[i]!;
    if (!needed.has(node.name)) continue;
    for (const input of node.inputs) needed.add(nodeOfInput(input));
  }
  return graph.filter((node) => needed.has(node.name));
}
