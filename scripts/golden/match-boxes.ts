/** Boxes against boxes as sets: their order is not reproducible where scores nearly tie. */

/** Two boxes that stand for each other: their places in the two lists. */
export interface Pair {
  stored: number;
  ours: number;
  /** Intersection over union, 0-1. */
  iou: number;
}

/**
 * Pairs the boxes of two lists one to one, those that overlap most first.
 * @param stored [N, 4] flat: low corner, high corner
 * @param ours [M, 4] flat, likewise
 * @param minIou pairs that overlap less, or not at all, are none
 * @returns in the order of the stored boxes
 */
export function matchBoxes(stored: ArrayLike<number>, ours: ArrayLike<number>, minIou: number): Pair[] {
  const candidates: Pair[] = [];
  for (let i = 0; i < stored.length / 4; i++) {
    for (let j = 0; j < ours.length / 4; j++) {
      const iou = boxIou(stored, i, ours, j);
      if (iou > 0 && iou >= minIou) candidates.push({ stored: i, ours: j, iou });
    }
  }
  const [takenStored, takenOurs] = [new Set<number>(), new Set<number>()];
  const pairs: Pair[] = [];
  for (const pair of candidates.sort((a, b) => b.iou - a.iou)) {
    if (takenStored.has(pair.stored) || takenOurs.has(pair.ours)) continue;
    takenStored.add(pair.stored);
    takenOurs.add(pair.ours);
    pairs.push(pair);
  }
  return pairs.sort((a, b) => a.stored - b.stored);
}

/** Of box i of `a` and box j of `b`; NaN where both are empty. */
function boxIou(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  const [a0, a1, a2, a3] = [a[4 * i]!, a[4 * i + 1]!, a[4 * i + 2]!, a[4 * i + 3]!];
  const [b0, b1, b2, b3] = [b[4 * j]!, b[4 * j + 1]!, b[4 * j + 2]!, b[4 * j + 3]!];
  const width = Math.max(0, Math.min(a2, b2) - Math.max(a0, b0));
  const height = Math.max(0, Math.min(a3, b3) - Math.max(a1, b1));
  const intersection = width * height;
  return intersection / ((a2 - a0) * (a3 - a1) + (b2 - b0) * (b3 - b1) - intersection);
}
