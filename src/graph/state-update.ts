import { activeRecording, type StateOp } from './active-recording.ts';

/**
 * Changes variables by one TensorFlow op that works in place, where a function is compiled; op by op by the equal
 * arithmetic in `eager`. One pass over memory where assigning takes many.
 */
export function applyStateOp(op: StateOp): void {
  const recording = activeRecording();
  if (recording) recording.applyStateOp(op);
  else op.eager();
}
