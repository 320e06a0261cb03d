/** Largest differences between tensors, and what is allowed. */
import type { HostTensor } from '../../src/model/safetensors.ts';

/** What was found about one key of a golden file. */
export interface Row {
  key: string;
  /** The largest absolute difference between two values; null where none could be taken. */
  difference: number | null;
  /** That, in standard deviations of the stored values. */
  relative: number | null;
  /** What must hold, for people. */
  required: string;
  ok: boolean;
  /** What went wrong, or what else was found; may be empty. */
  note: string;
}

/**
 * @param tolerance the most that is allowed of the largest difference over `scale`
 * @param scale the stored values' deviation when left out
 */
export function compareTensors(
  key: string,
  { ours, stored }: { ours: HostTensor; stored: HostTensor },
  tolerance: number,
  scale = deviationOf(stored.values),
): Row {
  if (ours.shape.join() !== stored.shape.join()) {
    return failed(key, `the file has [${stored.shape.join(', ')}], expected [${ours.shape.join(', ')}]`);
  }
  const fault = notFinite(stored.values, 'stored value') ?? notFinite(ours.values, 'own value');
  if (fault !== null) return failed(key, fault);
  const difference = largestDifference(ours.values, stored.values);
  const relative = difference / scale;
  const required = `<= ${tolerance} deviations`;
  return { key, difference, relative, required, ok: relative <= tolerance, note: '' };
}

/** A key that could not be compared. */
export function failed(key: string, note: string): Row {
  return { key, difference: null, relative: null, required: 'comparable', ok: false, note };
}

/** Names the first value that is not a finite number; null when there is none. */
export function notFinite(values: ArrayLike<number>, what: string): string | null {
  const at = Array.from(values).findIndex((value) => !Number.isFinite(value));
  return at < 0 ? null : `${what} ${at} of ${values.length} is ${values[at]}`;
}

/** Of two lists of equal length; 0 for empty ones. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

/** The standard deviation (over n); the largest magnitude where all values are alike; 1 where all are 0, or none is there. */
export function deviationOf(values: ArrayLike<number>): number {
  const numbers = Array.from(values);
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
  return Math.sqrt(variance) || numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
}
