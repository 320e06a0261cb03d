import { MOST_ACCUMULATED } from '../../params/limits.ts';
import type { Params } from '../../params/schema.ts';

/**
 * A batch that is smaller by its smallest divisor, half where it is even, and so many times as many batches in an update, which
 * stays as large as it was.
 * @returns null where there is none: a batch of one image
 */
export function halveBatch(params: Params): Params | null {
  const { batch_size: images, accumulation_steps: together } = params.train;
  const divisor = smallestDivisor(images);
  if (divisor === null || together * divisor > MOST_ACCUMULATED) return null;
  return withBatchOf(images / divisor, params);
}

/** The params with batches of so many images, a divisor of `train.batch_size`, and updates as large as they were. */
export function withBatchOf(images: number, params: Params): Params {
  const { batch_size: before, accumulation_steps: together } = params.train;
  if (images === before) return params;
  const train = { ...params.train, batch_size: images, accumulation_steps: (together * before) / images };
  return { ...params, train };
}

/** @returns null for 1 */
function smallestDivisor(number: number): number | null {
  for (let divisor = 2; divisor <= number; divisor++) if (number % divisor === 0) return divisor;
  return null;
}
