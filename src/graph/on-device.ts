import { activeRecording } from './active-recording.ts';

/**
 * Runs what `body` computes on one device, e.g. `/device:GPU:1`, in the compiled graph. Without effect op by op, where
 * TensorFlow chooses.
 * @returns what `body` returns
 */
export function onDevice<T>(device: string, body: () => T): T {
  const recording = activeRecording();
  return recording ? recording.onDevice(device, body) : body();
}
