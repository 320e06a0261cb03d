import type { Validation } from './validate.ts';

/** What decides between two models. */
export type Rank = Pick<Validation, 'loss'> & { metrics: { mask: { ap: number | null } } };

/** Higher mask mAP on valid; where both have the same (0 at first), the lower loss. @param best null = none so far */
export function isBetter(candidate: Rank, best: Rank | null): boolean {
  if (!best) return true;
  const gain = (candidate.metrics.mask.ap ?? 0) - (best.metrics.mask.ap ?? 0);
  return gain > 0 || (gain === 0 && candidate.loss < best.loss);
}
