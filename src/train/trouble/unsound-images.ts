import type { HostBatch } from '../../data/host-batch.ts';

/** An image of a batch that no step could learn from. */
export interface UnsoundImage {
  /** Its place in the batch, from 0. */
  place: number;
  name: string;
  /** Each in a few words. */
  faults: string[];
}

/**
 * Looks for the images that may be to blame for a step that went wrong: with pixels, boxes or masks that are no finite numbers,
 * or buildings without area. Values in unused slots count, too: NaN times zero is NaN.
 * @returns [] where the batch is sound
 */
export function unsoundImages(batch: HostBatch): UnsoundImage[] {
  const all = batch.sources.map(({ name }, place) => ({ place, name, faults: faultsOf(batch, place) }));
  return all.filter(({ faults }) => faults.length > 0);
}

function faultsOf(batch: HostBatch, n: number): string[] {
  const sharesOf = { pixels: batch.images, masks: batch.masks, 'map of touching buildings': batch.touching };
  const faults = Object.entries(sharesOf).flatMap(([what, values]) => {
    const count = countNonFinite(shareOf(values, n, batch.count));
    return count > 0 ? [`${what}: ${count} values are not finite`] : [];
  });
  const boxes = shareOf(batch.boxes, n, batch.count);
  const valid = shareOf(batch.valid, n, batch.count);
  for (const [slot, used] of valid.entries()) {
    const box = [...boxes.subarray(4 * slot, 4 * slot + 4)];
    const fault = boxFault(box, used === 1);
    if (fault) faults.push(`box ${slot} [${box.map(inTenths).join(', ')}] ${fault}`);
  }
  return faults;
}

/** @returns null for a sound one; an unused slot holds anything finite */
function boxFault(box: readonly number[], used: boolean): string | null {
  if (!box.every(Number.isFinite)) return 'is not finite';
  const [y1, x1, y2, x2] = box as [number, number, number, number];
  return used && !(y2 > y1 && x2 > x1) ? 'has no area' : null;
}

/** Of a pixel; what is not finite stays so. */
function inTenths(value: number): number {
  return Math.round(10 * value) / 10;
}

function shareOf(values: Float32Array, n: number, count: number): Float32Array {
  const size = values.length / count;
  return values.subarray(n * size, (n + 1) * size);
}

function countNonFinite(values: Float32Array): number {
  let count = 0;
  for (const value of values) if (!Number.isFinite(value)) count++;
  return count;
}
