import type { tf } from '../system/tensorflow.ts';
import { userCall } from './user-line.ts';

/** A function cannot be compiled as it is written. The message names the op and the user's own line, and how to mend it. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/**
 * The error for what must not happen while recording.
 * @param what what the op does, e.g. `reads a value`
 * @param mend what to do instead
 * @param op its name; without one, the function that the user's line calls
 */
export function refusal(what: string, mend: string, op?: string): RecordingError {
  const { line, callee } = userCall();
  return new RecordingError(`Cannot compile: ${op ?? callee} ${what}, at ${line}; ${mend}`);
}

/** The refusal of a change that the graph would not make. */
export function unknownVariable({ name }: tf.Variable): RecordingError {
  return refusal(`changes the variable ${name}`, 'name it in options.state, or leave it as it is');
}

/** The refusal of an op that two recordings of one function have differently. */
export function changingState(op: string): RecordingError {
  return refusal(
    'comes out otherwise each time the function is called: it depends on JavaScript state, the same in every run',
    'pass what changes as an input',
    op,
  );
}
