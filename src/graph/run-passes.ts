/**
 * The passes in their order: first those over each function alone, then those over the graph that is written.
 */
import { DataType, type Graph } from './graph.ts';
import { shareConstants } from './passes/constants.ts';
import { removeDeadNodes } from './passes/dead-nodes.ts';
import { mixPrecision } from './passes/mixed-precision.ts';
import { placeNodes } from './passes/placement.ts';
import { validateGraph } from './passes/validate.ts';
import type { Recording } from './record.ts';

/** The type in which convolutions and matrix products run; weights and their updates stay float32. */
export type Precision = 'float32' | 'bfloat16' | 'float16';

const LOW_TYPES = { bfloat16: DataType.BFLOAT16, float16: DataType.HALF } as const;

/** A recording in the precision that is wanted, without what nobody needs. All of its inputs stay, used or not. */
export function lowerRecording(recording: Recording, precision: Precision): Recording {
  const { nodes, inputs, outputs } = recording;
  const ports = [...inputs, ...outputs].map(({ node }) => node);
  const lowered = precision === 'float32' ? nodes : mixPrecision(nodes, { type: LOW_TYPES[precision] });
  // Lowering leaves casts that nobody reads, so what is dead is removed after it.
  return { ...recording, nodes: removeDeadNodes(lowered, ports) };
}

/**
 * Makes the graph of all functions ready to be written.
 * @param device of all nodes that have none; without it TensorFlow chooses
 * @throws Error where a pass has made a graph that TensorFlow would refuse
 */
export function finishGraph(nodes: Graph, device?: string): Graph {
  const shared = shareConstants(nodes);
  const graph = device ? placeNodes(shared, device) : shared;
  validateGraph(graph);
  return graph;
}
