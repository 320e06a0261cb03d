/**
 * A conditional branch as TensorFlow's executor knows it: `Switch` puts out a value on one of two outputs, and nodes behind
 * the other are dead.
 */
import { DataType, type DataTypeNumber } from './graph.ts';
import type { GraphBuilder } from './graph-builder.ts';

/** What differs between the two ways through a condition. */
export interface Paths<T> {
  /** Where the condition holds. */
  taken: T;
  skipped: T;
}

const T = { type: DataType.BOOL };

/** @returns nodes of which one is alive in each run */
export function addBranch(condition: string, builder: GraphBuilder): Paths<string> {
  const chosen = builder.add('Switch', { inputs: [condition, condition], attributes: { T } });
  return {
    taken: builder.add('Identity', { inputs: [`${chosen}:1`], attributes: { T } }),
    skipped: builder.add('Identity', { inputs: [chosen], attributes: { T } }),
  };
}

/**
 * @param inputs one value of each path, both of the same type
 * @returns a node that has the value of the path that was taken
 */
export function mergeValues(
  paths: Paths<string>,
  inputs: Paths<string>,
  type: DataTypeNumber,
  builder: GraphBuilder,
): string {
  // A value that is there on both paths, such as a constant, must not come from both.
  const gated = (path: keyof Paths<string>) =>
    builder.add('Identity', { inputs: [inputs[path]], after: [paths[path]], attributes: { T: { type } } });
  return builder.add('Merge', {
    inputs: [gated('taken'), gated('skipped')],
    attributes: { T: { type }, N: { i: 2 } },
  });
}

/**
 * @param ends nodes that are to have run, on the one path and on the other
 * @returns a node that is alive on both, and runs after them
 */
export function joinBranch(
  paths: Paths<string>,
  ends: Paths<readonly string[]>,
  builder: GraphBuilder,
): string {
  const end = (path: keyof Paths<string>) =>
    builder.add('Identity', { inputs: [paths[path]], after: ends[path], attributes: { T } });
  return builder.add('Merge', { inputs: [end('taken'), end('skipped')], attributes: { T, N: { i: 2 } } });
}
