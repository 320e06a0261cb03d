import { type Rle, rleIou } from '../../masks/rle.ts';
import { rleFromPolygons } from '../../masks/rle-from-polygons.ts';
import type { Frame, Outline } from './building-outline.ts';

/** A building that was outlined before. */
export interface SameBuilding {
  /** Place in the list. */
  place: number;
  /** Place of the earlier one. */
  as: number;
  /** 0-1, of their masks. */
  iou: number;
}

/** Areas of polygons and of their pixels differ; nothing below this share of the limit can reach it. */
const ROUNDING = 0.8;

/**
 * @param limit 0-1: masks whose IoU is above it are the same building; with 1, those that are equal to the pixel
 * @returns every outline but the first of its building, by place. One that was left out counts for no other.
 */
export function findSameBuildings(outlines: readonly Outline[], frame: Frame, limit: number): SameBuilding[] {
  const masks = new Map<number, Rle>();
  const maskOf = (place: number): Rle => {
    const mask = masks.get(place) ?? rleFromPolygons(outlines[place]!.polygons, frame.height, frame.width);
    masks.set(place, mask);
    return mask;
  };
  const found = new Map<number, SameBuilding>();
  // From left to right: an outline is held against those only that begin before it ends.
  const order = [...outlines.keys()].sort((a, b) => outlines[a]!.box[1] - outlines[b]!.box[1] || a - b);
  const pairs: [number, number][] = [];
  for (const [i, a] of order.entries()) {
    for (let k = i + 1; k < order.length && outlines[order[k]!]!.box[1] < outlines[a]!.box[3]; k++) {
      const b = order[k]!;
      if (mayBeSame(outlines[a]!, outlines[b]!, limit)) pairs.push([Math.min(a, b), Math.max(a, b)]);
    }
  }
  pairs.sort((p, q) => p[1] - q[1] || p[0] - q[0]);
  for (const [as, place] of pairs) {
    if (found.has(as) || found.has(place)) continue;
    const iou = rleIou(maskOf(place), maskOf(as));
    if (iou > limit || iou === 1) found.set(place, { place, as, iou });
  }
  return [...found.values()];
}

/** What the masks share is no more than what the boxes share, and no less than the limit's share of the larger one. */
function mayBeSame(a: Outline, b: Outline, limit: number): boolean {
  const height = Math.min(a.box[2], b.box[2]) - Math.max(a.box[0], b.box[0]);
  const width = Math.min(a.box[3], b.box[3]) - Math.max(a.box[1], b.box[1]);
  return height > 0 && width > 0 && height * width >= ROUNDING * limit * Math.max(a.area, b.area);
}
