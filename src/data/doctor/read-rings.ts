import { rleFromCoco } from '../../masks/rle-from-coco.ts';
import { tracePolygons } from '../../masks/trace-polygons.ts';
import { printable } from '../../system/printable.ts';
import type { SourceOutline } from '../sources/source-sample.ts';
import type { Frame } from './building-outline.ts';

export interface ReadRings {
  /** Of finite numbers, in pixels, flat [x0, y0, ...]. */
  rings: number[][];
  /** Why others were left out, as part of a sentence; the same one twice is named once. */
  unreadable: string[];
}

/** Beyond this many pixels nothing is a coordinate, and products of coordinates lose their digits. */
const FARTHEST = 1e6;

/** Of one building's polygons. None has so many, and mending an outline takes time by the square of its points. */
const MOST_POINTS = 5000;

/** The rings of an annotation, whatever its dialect. */
export function readRings(outline: SourceOutline, frame: Frame): ReadRings {
  return outline.kind === 'rle' ? traceRle(outline, frame) : readPolygons(outline, frame);
}

function traceRle({ counts, size }: { counts: unknown; size: unknown }, frame: Frame): ReadRings {
  try {
    const rle = rleFromCoco(counts, size);
    const [height, width] = rle.size;
    if (height !== frame.height || width !== frame.width) {
      const detail = `its mask is ${width} x ${height} pixels, the image ${frame.width} x ${frame.height}`;
      return { rings: [], unreadable: [detail] };
    }
    return { rings: tracePolygons(rle), unreadable: [] };
  } catch (error) {
    if (error instanceof RangeError) return { rings: [], unreadable: [`its mask: ${error.message}`] };
    throw error;
  }
}

function readPolygons(
  { rings, unit }: Extract<SourceOutline, { kind: 'polygons' }>,
  { width, height }: Frame,
): ReadRings {
  const points = Math.ceil(rings.reduce((sum, ring) => sum + ring.length, 0) / 2);
  if (points > MOST_POINTS) {
    return { rings: [], unreadable: [`its outline has ${points} points, more than ${MOST_POINTS}`] };
  }
  const [scaleX, scaleY] = unit === 'shares' ? [width, height] : [1, 1];
  const read: number[][] = [];
  const unreadable = new Set<string>();
  for (const ring of rings) {
    const fault = faultOf(ring);
    if (fault !== null) unreadable.add(fault);
    else read.push((ring as readonly number[]).map((value, i) => value * (i % 2 === 0 ? scaleX : scaleY)));
  }
  return { rings: read, unreadable: [...unreadable] };
}

function faultOf(ring: readonly unknown[]): string | null {
  const wrong = ring.findIndex((value) => typeof value !== 'number' || !Number.isFinite(value));
  if (wrong >= 0) return `value ${wrong} of its outline is ${shown(ring[wrong])}, not a finite number`;
  if (ring.length % 2 !== 0) return `its outline has ${ring.length} numbers, half a point`;
  const far = (ring as readonly number[]).find((value) => Math.abs(value) > FARTHEST);
  return far === undefined ? null : `its outline has the coordinate ${far}`;
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'a list or an object' : printable(String(value));
}
