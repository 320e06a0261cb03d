/**
 * Where two buildings come close: the separating term of U-Net's weight map, for the loss to look there harder.
 * Ronneberger et al. 2015, eq. 2 — https://arxiv.org/abs/1505.04597
 *
 * H side of the image. Pixel i covers [i, i + 1).
 */
import { squaredDistances } from '../masks/distance-transform.ts';
import { polygonsBox } from '../masks/polygon.ts';
import { decodeRle } from '../masks/rle.ts';
import { rleFromPolygons } from '../masks/rle-from-polygons.ts';

/** Outer rings of one building's parts, each flat [x0, y0, x1, y1, ...] in pixels. */
type Polygons = readonly (readonly number[])[];

/** Beyond so many σ the map is 0; the Gaussian has fallen to 0.011 there. */
const REACH = 3;

/**
 * exp(−(d1 + d2)² / 2σ²), d1 and d2 = distances from a pixel to the nearest and second nearest building.
 *
 * They are distances to the buildings, not to their borders as in the paper, so that d1 is 0 inside: outlines may share an
 * edge here, with no ground between them, and then the pixels along it, on either side, are where the two are told apart.
 * Distances are those between pixel centres, so that d1 + d2 is 1 at such an edge, and 1 more than the pixels in a gap.
 * @param buildings each at least partly in the image
 * @param options.size H
 * @param options.distance σ in pixels, > 0
 * @returns [H, H] row by row, in 0–1; 0 where fewer than two buildings are within reach
 */
export function touchingMap(
  buildings: readonly Polygons[],
  { size, distance }: { size: number; distance: number },
): Float32Array {
  const reach = REACH * distance;
  const nearest = createNearest(size);
  const frames = buildings.map((polygons) => frameAround(polygons, reach, size));
  frames.forEach((frame, i) => {
    const isAlone = frames.every((other, j) => j === i || !overlap(frame, other));
    if (!isAlone) addBuilding(nearest, buildings[i]!, frame);
  });
  return closeness(nearest, { distance, reach });
}

/** Squared distances of each pixel, [H, H]; Infinity where there is no such building within reach. */
interface Nearest {
  size: number;
  first: Float32Array;
  second: Float32Array;
}

function createNearest(size: number): Nearest {
  return {
    size,
    first: new Float32Array(size * size).fill(Infinity),
    second: new Float32Array(size * size).fill(Infinity),
  };
}

/** Whole pixels of the image. */
interface Frame {
  top: number;
  left: number;
  /** Exclusive. */
  bottom: number;
  right: number;
}

/** All pixels that may lie within reach of the building. */
function frameAround(polygons: Polygons, reach: number, size: number): Frame {
  const [y1, x1, y2, x2] = polygonsBox(polygons);
  const inside = (at: number) => Math.max(0, Math.min(size, at));
  return {
    top: inside(Math.floor(y1 - reach)),
    left: inside(Math.floor(x1 - reach)),
    bottom: inside(Math.ceil(y2 + reach)),
    right: inside(Math.ceil(x2 + reach)),
  };
}

function overlap(a: Frame, b: Frame): boolean {
  return a.top < b.bottom && b.top < a.bottom && a.left < b.right && b.left < a.right;
}

function addBuilding(nearest: Nearest, polygons: Polygons, { top, left, bottom, right }: Frame): void {
  const { size, first, second } = nearest;
  const [height, width] = [bottom - top, right - left];
  const moved = polygons.map((ring) => ring.map((at, i) => at - (i % 2 === 0 ? left : top)));
  const distances = squaredDistances(decodeRle(rleFromPolygons(moved, height, width)), height, width);
  for (let y = 0; y < height; y++) {
    const shift = (top + y) * size + left - y * width;
    for (let from = y * width; from < (y + 1) * width; from++) {
      const squared = distances[from]!;
      const i = shift + from;
      if (squared < first[i]!) {
        second[i] = first[i]!;
        first[i] = squared;
      } else if (squared < second[i]!) {
        second[i] = squared;
      }
    }
  }
}

function closeness(
  { first, second }: Nearest,
  { distance, reach }: { distance: number; reach: number },
): Float32Array {
  const scale = -1 / (2 * distance ** 2);
  const map = new Float32Array(first.length);
  for (let i = 0; i < map.length; i++) {
    if (second[i]! > reach ** 2) continue;
    const sum = Math.sqrt(first[i]!) + Math.sqrt(second[i]!);
    if (sum <= reach) map[i] = Math.exp(scale * sum ** 2);
  }
  return map;
}
