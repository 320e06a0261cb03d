/**
 * Buildings that were not told apart, and buildings that were cut into pieces: under- and over-segmentation after Hoover et
 * al. ("An Experimental Comparison of Range Image Segmentation Algorithms", IEEE PAMI 18(7), 1996, pp. 673-689), with a
 * tolerance T of 0.5.
 *
 * Their regions do not overlap, while detections do, so two rules are added: what lies mostly under pieces that are counted
 * already is no piece, so that duplicates split nothing; and who has been found alone is not merged, whatever else covers
 * it. And where they put each region into the one class that fits best, a building here may be found and merged as well,
 * say a large one with an annex, or be both merged and split.
 *
 * B buildings · D detections
 */
import { type Rle, rleArea, rleBox, rleIntersection, rleUnion } from '../../masks/rle.ts';
import { boxesTouch } from '../matching/overlaps.ts';

/** Hoover's T: the share of a region that has to be in another one to count as a part of it. */
const TOLERANCE = 0.5;

/** One image, without crowd regions and what was found in them; categories make no difference. */
export interface CorrespondenceInput {
  /** [B] */
  buildings: readonly Rle[];
  /** [D] the best first */
  detections: readonly Rle[];
  /** [D] the building that each detection is right about; -1 = none */
  hits: ArrayLike<number>;
}

export interface Correspondence {
  /** [B] one detection covers it and others */
  merged: Uint8Array;
  /** [B] several detections share it */
  split: Uint8Array;
  /** [D] it covers several buildings, some of which nobody found alone */
  merges: Uint8Array;
  /** [D] it is one of several that share a building */
  piece: Uint8Array;
}

/**
 * A detection merges the buildings of which it covers at least half each, two or more, when these make up at least half of
 * it. A building is split by the detections of which at least half lies in it, two or more, when these cover at least half
 * of it. Both may be true of the same building and detection.
 * @returns 1 where it is so
 */
export function correspondence(input: CorrespondenceInput): Correspondence {
  const buildings = input.buildings.map(regionOf);
  const detections = input.detections.map(regionOf);
  const overlaps = findOverlaps(buildings, detections);
  const result: Correspondence = {
    merged: new Uint8Array(buildings.length),
    split: new Uint8Array(buildings.length),
    merges: new Uint8Array(detections.length),
    piece: new Uint8Array(detections.length),
  };
  const merges = overlaps.covered.flatMap((covered, detection): Merge[] =>
    consistsOf(
      detections[detection]!,
      covered.map((b) => buildings[b]!.mask),
    )
      ? [{ detection, buildings: covered }]
      : [],
  );
  for (const { detection, buildings: merged } of withoutFound(merges, input.hits)) {
    result.merges[detection] = 1;
    for (const building of merged) result.merged[building] = 1;
  }
  for (const [building, inside] of overlaps.inside.entries()) {
    const pieces = distinctPieces(inside, detections);
    if (
      !consistsOf(
        buildings[building]!,
        pieces.map((d) => detections[d]!.mask),
      )
    )
      continue;
    result.split[building] = 1;
    for (const piece of pieces) result.piece[piece] = 1;
  }
  return result;
}

interface Region {
  mask: Rle;
  area: number;
  /** [y1, x1, y2, x2] */
  box: [number, number, number, number];
}

function regionOf(mask: Rle): Region {
  return { mask, area: rleArea(mask), box: rleBox(mask) };
}

interface Piece {
  detection: number;
  /** Pixels of the building that it covers. */
  shared: number;
}

interface Overlaps {
  /** [D] the buildings of which each detection covers enough */
  covered: number[][];
  /** [B] the detections that lie in each building with enough of themselves */
  inside: Piece[][];
}

function findOverlaps(buildings: readonly Region[], detections: readonly Region[]): Overlaps {
  const covered = detections.map((): number[] => []);
  const inside = buildings.map((): Piece[] => []);
  for (const [detection, one] of detections.entries()) {
    for (const [building, other] of buildings.entries()) {
      if (!boxesTouch(one.box, other.box)) continue;
      const shared = rleIntersection(one.mask, other.mask);
      if (shared >= TOLERANCE * other.area) covered[detection]!.push(building);
      if (shared >= TOLERANCE * one.area) inside[building]!.push({ detection, shared });
    }
  }
  return { covered, inside };
}

/** Whether two parts or more make up enough of the whole. */
function consistsOf({ mask, area }: Region, parts: readonly Rle[]): boolean {
  return parts.length >= 2 && rleIntersection(mask, rleUnion(parts)) >= TOLERANCE * area;
}

interface Merge {
  detection: number;
  buildings: number[];
}

/**
 * A building that a detection has found which merges nothing is not merged; a detection merges nothing when all of its
 * buildings are found so, except for one that it has found itself. As each detection that falls away may have found a
 * building, this is repeated until none does.
 */
function withoutFound(merges: readonly Merge[], hits: ArrayLike<number>): Merge[] {
  let left = [...merges];
  for (;;) {
    const merging = new Set(left.map(({ detection }) => detection));
    const foundAlone = new Set(Array.from(hits).filter((_, detection) => !merging.has(detection)));
    const next = left.filter(({ detection, buildings }) =>
      buildings.some((building) => !foundAlone.has(building) && building !== hits[detection]),
    );
    if (next.length === left.length) {
      return left.map(({ detection, buildings }) => ({
        detection,
        buildings: buildings.filter((building) => !foundAlone.has(building)),
      }));
    }
    left = next;
  }
}

/** @returns those of which less than `TOLERANCE` lies under the ones before; the largest in the building first */
function distinctPieces(inside: Piece[], detections: readonly Region[]): number[] {
  const pieces: number[] = [];
  let before: Rle | null = null;
  for (const { detection } of inside.toSorted((a, b) => b.shared - a.shared)) {
    const { mask, area } = detections[detection]!;
    if (before && rleIntersection(mask, before) >= TOLERANCE * area) continue;
    before = before ? rleUnion([before, mask]) : mask;
    pieces.push(detection);
  }
  return pieces;
}
