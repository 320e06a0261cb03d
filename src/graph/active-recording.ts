/**
 * The recording that is going on, if any: what the functions that change state (`state-update.ts`, `when.ts`,
 * `on-device.ts`, `scope.ts`) ask whether they run op by op or are being compiled.
 */
import type { tf } from '../system/tensorflow.ts';
import type { Attribute } from './graph.ts';

/** A TensorFlow op that changes variables in place, such as `ResourceApplyAdam`. */
export interface StateOp {
  op: string;
  /** The variables whose handles are its first inputs; it may change each of them. */
  variables: readonly tf.Variable[];
  /** Its other inputs. */
  inputs: readonly tf.Tensor[];
  attributes: Readonly<Record<string, Attribute>>;
  /** The same change op by op: assigns the variables. */
  eager: () => void;
}

/** What can be asked of a recording. */
export interface ActiveRecording {
  applyStateOp(op: StateOp): void;
  when(condition: tf.Tensor, body: () => void): void;
  valueWhen(condition: tf.Tensor, body: () => tf.Tensor, otherwise: () => tf.Tensor): tf.Tensor;
  onDevice<T>(device: string, body: () => T): T;
  inScope<T>(name: string, body: () => T): T;
}

let active: ActiveRecording | null = null;

/** null while nothing is recorded. */
export function activeRecording(): ActiveRecording | null {
  return active;
}

/** Makes `recording` the active one while `body` runs. @throws Error inside of another recording */
export function withActiveRecording<T>(recording: ActiveRecording, body: () => T): T {
  if (active) throw new Error('A function is being compiled already: compile one after the other');
  active = recording;
  try {
    return body();
  } finally {
    active = null;
  }
}
