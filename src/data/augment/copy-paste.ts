/**
 * Simple copy-paste: buildings of another image are put where there is room (Ghiasi et al. 2021 —
 * https://arxiv.org/abs/2012.07177).
 *
 * Deviations: seen from above buildings do not hide each other, so none is put over another one, and no outline needs
 * mending; the donor's buildings get a symmetry of their own each. Nothing is taken from crowd regions nor put there, where
 * buildings stand that nobody told apart.
 *
 * H = side of the square · S = side of a building's patch, the smallest square of whole pixels around it
 */
import { polygonsBox } from '../../masks/polygon.ts';
import { rasterizeCoverage } from '../../masks/rasterize.ts';
import type { Random } from '../../system/random.ts';
import type { Canvas } from './canvas.ts';
import { moveRing, pixelSteps, randomSymmetry, type Symmetry } from './symmetry.ts';

/** Random places that are tried for one building; in a dense town there may be no room at all. */
const TRIES = 20;

/**
 * @param canvas its pixels are changed in place
 * @param donor a square of the same size, with outlines of whole buildings only
 * @param options.most buildings; how many are put down at most is drawn, from 1 to this
 * @returns the outlines of those put down, in pixels of the square
 */
export function pasteBuildings(
  canvas: Canvas,
  donor: Canvas,
  { most, random }: { most: number; random: Random },
): number[][][] {
  const candidates = outsideCrowds(donor);
  const wanted = Math.min(1 + random.int(most), candidates.length);
  if (wanted === 0) return [];
  const taken = takenPixels(canvas);
  const pasted: number[][][] = [];
  for (const outline of random.shuffle(candidates)) {
    if (pasted.length === wanted) break;
    const patch = cutOut(outline, randomSymmetry(random));
    const place = findRoom(patch, taken, canvas.size, random);
    if (place === null) continue;
    blend(canvas, donor, patch, place);
    const rings = patch.rings.map((ring) => shift(ring, place));
    markTaken(taken, canvas.size, rings);
    pasted.push(rings);
  }
  return pasted;
}

/** The outlines of the buildings that share no pixel with a crowd region. */
function outsideCrowds({ size, outlines, crowds }: Canvas): readonly number[][][] {
  if (crowds.length === 0) return outlines;
  const crowded = new Uint8Array(size * size);
  for (const rings of crowds) markTaken(crowded, size, rings);
  return outlines.filter((rings) => !coveredPixels(rings, size).some((at) => crowded[at] === 1));
}

/** [left, top] in whole pixels. */
type Place = readonly [x: number, y: number];

/** A building in a frame of its own, after its symmetry. */
interface Patch {
  /** S */
  side: number;
  /** Where the frame was in the donor. */
  from: Place;
  symmetry: Symmetry;
  /** In pixels of the frame. */
  rings: number[][];
  /** [S, S] in 0–1 */
  coverage: Float32Array;
}

function cutOut(outline: readonly (readonly number[])[], symmetry: Symmetry): Patch {
  const { from, side } = frameOf(outline);
  const away: Place = [-from[0], -from[1]];
  const rings = outline.map((ring) => moveRing(shift(ring, away), symmetry, side));
  return { side, from, symmetry, rings, coverage: rasterizeCoverage(rings, [0, 0, side, side], side) };
}

/** The smallest square of whole pixels that holds the rings and begins where they do. */
function frameOf(rings: readonly (readonly number[])[]): { from: Place; side: number } {
  const [y1, x1, y2, x2] = polygonsBox(rings);
  const from: Place = [Math.floor(x1), Math.floor(y1)];
  return { from, side: Math.max(1, Math.ceil(x2) - from[0], Math.ceil(y2) - from[1]) };
}

function shift(ring: readonly number[], [x, y]: Place): number[] {
  return ring.map((at, i) => at + (i % 2 === 0 ? x : y));
}

/** [H, H], 1 = a building, a crowd region or no image at all. */
function takenPixels({ size, filled, outlines, crowds }: Canvas): Uint8Array {
  const taken = new Uint8Array(size * size).fill(1);
  for (const { left, top, width, height } of filled) {
    for (let y = top; y < top + height; y++) taken.fill(0, y * size + left, y * size + left + width);
  }
  for (const rings of [...outlines, ...crowds]) markTaken(taken, size, rings);
  return taken;
}

function markTaken(taken: Uint8Array, size: number, rings: readonly (readonly number[])[]): void {
  for (const at of coveredPixels(rings, size)) taken[at] = 1;
}

/** Where in the square [H, H] the rings cover a pixel or a part of it. */
function coveredPixels(rings: readonly (readonly number[])[], size: number): number[] {
  const covered: number[] = [];
  const { from, side } = frameOf(rings);
  const [left, top] = from;
  const coverage = rasterizeCoverage(rings, [top, left, top + side, left + side], side);
  // What is within the square by its rings may still touch it from outside by the last bit.
  const end = Math.min(side, size - left);
  for (let y = Math.max(0, -top); y < Math.min(side, size - top); y++) {
    for (let x = Math.max(0, -left); x < end; x++) {
      if (coverage[y * side + x]! > 0) covered.push((top + y) * size + left + x);
    }
  }
  return covered;
}

/** @returns where the patch covers nothing that is taken; null where no such place was found */
function findRoom(patch: Patch, taken: Uint8Array, size: number, random: Random): Place | null {
  const [y1, x1, y2, x2] = polygonsBox(patch.rings);
  const [left, top, right, bottom] = [Math.floor(x1), Math.floor(y1), Math.ceil(x2), Math.ceil(y2)];
  for (let i = 0; i < TRIES; i++) {
    const place: Place = [
      random.int(size - (right - left) + 1) - left,
      random.int(size - (bottom - top) + 1) - top,
    ];
    if (isFree(patch, taken, size, place)) return place;
  }
  return null;
}

function isFree({ coverage, side }: Patch, taken: Uint8Array, size: number, [left, top]: Place): boolean {
  for (let i = 0; i < side; i++) {
    // From the middle on, which is covered for sure: where there is no room, it shows at once.
    const y = (i + (side >> 1)) % side;
    const row = (top + y) * size + left;
    for (let x = 0; x < side; x++) {
      if (taken[row + x] === 1 && coverage[y * side + x]! > 0) return false;
    }
  }
  return true;
}

/** Each pixel gets as much of the donor's as the building covers of it, so that its edge is as smooth as a drawn one. */
function blend(canvas: Canvas, donor: Canvas, { side, from, symmetry, coverage }: Patch, place: Place): void {
  const { first, perRow, perColumn } = pixelSteps(symmetry, side);
  const { pixels, size } = canvas;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = first + y * perRow + x * perColumn;
      const share = coverage[at]!;
      if (share === 0) continue;
      const donated = 3 * ((from[1] + y) * size + from[0] + x);
      const to = 3 * ((place[1] + Math.floor(at / side)) * size + place[0] + (at % side));
      for (let c = 0; c < 3; c++) {
        const below = pixels[to + c]!;
        pixels[to + c] = Math.round(below + share * (donor.pixels[donated + c]! - below));
      }
    }
  }
}
