import { isDeepStrictEqual } from 'node:util';
import type { Node } from './graph.ts';
import { type Recording, type RecordingContext, recordFunction, type TensorFunction } from './record.ts';
import type { TensorTree } from './tensor-tree.ts';

/**
 * Records a function twice and compares: JavaScript state that changes from call to call (a counter, the time, a generator of
 * random numbers) cannot be seen by one recording, and would be the same number in every run.
 * @returns the recording
 * @throws RecordingError as `recordFunction`, and where the two recordings differ
 */
export function recordRepeatable(
  name: string,
  fn: TensorFunction,
  exampleInputs: TensorTree,
  context: RecordingContext,
): Recording {
  const first = recordFunction(name, fn, exampleInputs, context);
  const second = recordFunction(name, fn, exampleInputs, context);
  const at = firstDifference(first.nodes, second.nodes);
  if (at === null) return first;
  // Once more, to say on which line of the function it happens.
  recordFunction(name, fn, exampleInputs, { ...context, refuseNode: at });
  throw new Error(`${name}: its recordings differ at node ${at}, which the third one does not have`);
}

function firstDifference(a: readonly Node[], b: readonly Node[]): number | null {
  const at = a.findIndex((node, i) => !isDeepStrictEqual(node, b[i]));
  if (at >= 0) return at;
  return b.length > a.length ? a.length : null;
}
