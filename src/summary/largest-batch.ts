import type { Params } from '../params/schema.ts';
import { countMemory } from './obtain-memory.ts';
import { atBatch, type PhaseMemory } from './phase-memory.ts';

/**
 * The largest batch below `train.batch_size` that fits.
 * @param phases what they hold with `train.batch_size`, which does not fit
 * @param fits holds a batch's memory against what there is
 * @returns null where a batch of one image does not fit
 */
export function largestBatch(
  params: Params,
  phases: readonly PhaseMemory[],
  fits: (smaller: Params, phases: readonly PhaseMemory[]) => boolean,
): number | null {
  const large = { batch: params.train.batch_size, phases };
  const withBatch = (batch_size: number) => ({ ...params, train: { ...params.train, batch_size } });
  if (large.batch === 1) return null;
  const small = { batch: 1, phases: countMemory(withBatch(1)) };
  const fitsLikely = (batch: number) => fits(withBatch(batch), atBatch(batch, small, large));
  let batch = large.batch - 1;
  while (batch > 0 && !fitsLikely(batch)) batch--;
  return batch === 0 ? null : batch;
}
