/** What decides between two models. */
export interface Rank {
  /** On valid; null where it is not a finite number. */
  loss: number | null;
  metrics: { mask: { ap: number | null } };
}

/**
 * Higher mask mAP on valid; where both have the same (0 at first), the lower loss. One that is not finite is the worst.
 * @param best null = none so far
 */
export function isBetter(candidate: Rank, best: Rank | null): boolean {
  if (!best) return true;
  const gain = (candidate.metrics.mask.ap ?? 0) - (best.metrics.mask.ap ?? 0);
  return gain > 0 || (gain === 0 && lossOf(candidate) < lossOf(best));
}

/** As checkpoints keep it: JSON has no other numbers. */
export function finiteOrNull(loss: number): number | null {
  return Number.isFinite(loss) ? loss : null;
}

function lossOf({ loss }: Rank): number {
  return loss !== null && Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY;
}
