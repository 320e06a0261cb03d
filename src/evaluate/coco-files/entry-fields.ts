/**
 * The fields of COCO's entries, as strictly as pycocotools 2.0.11 needs them, with messages where it would stop with a
 * stack or, worse, go on with wrong figures.
 */
import { type Rle, rleArea, rleBox } from '../../masks/rle.ts';
import { rleFromCoco } from '../../masks/rle-from-coco.ts';
import { rleFromPolygons } from '../../masks/rle-from-polygons.ts';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import { entryName, type JsonEntry } from './read-entries.ts';

/** COCO has numbers; texts do as well. */
export type Id = number | string;

/** Height and width of the image that an instance belongs to, in pixels. */
export type Size = readonly [height: number, width: number];

/** [x, y, width, height] in pixels */
export type CocoBox = readonly [number, number, number, number];

/** Makes the error for an entry from what is wrong with it: "score must be ..., got ...: how to mend it". */
export type Fault = (what: string, cause?: unknown) => UserError;

/** @returns the entry's fields, and the error for whatever is wrong with it */
export function fieldsOf(entry: JsonEntry): { fields: Readonly<Record<string, unknown>>; fault: Fault } {
  const { value } = entry;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const fields = isObject ? (value as Record<string, unknown>) : {};
  const ids = ['id', 'image_id']
    .filter((key) => isId(fields[key]))
    .map((key) => `${key} ${shown(fields[key])}`);
  const place = `${entry.path}: ${entryName(entry)}${ids.length > 0 ? ` (${ids.join(', ')})` : ''}`;
  const fault: Fault = (what, cause) => new UserError(`${place}: ${what}`, { cause });
  if (!isObject) throw fault(`must be an object, got ${shown(value)}: write the file again`);
  return { fields, fault };
}

function isId(value: unknown): value is Id {
  return Number.isSafeInteger(value) || typeof value === 'string';
}

/** The id of an image or a category. */
export function readId(value: unknown, fault: Fault): Id {
  if (isId(value)) return value;
  throw fault(
    `id must be a whole number, at most ${Number.MAX_SAFE_INTEGER}, or a text, got ${shown(value)}: mend it`,
  );
}

/** A value of a file in a few characters. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `"${printable(value)}"`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (!Array.isArray(value)) return 'an object';
  const isShort = value.length <= 4 && value.every((item) => typeof item !== 'object' || item === null);
  return isShort ? `[${value.map(shown).join(', ')}]` : 'a list';
}

/** @returns null where there is none */
export function readBox(value: unknown, fault: Fault): CocoBox | null {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return null;
  const box = value as [number, number, number, number];
  const isBox = Array.isArray(value) && value.length === 4 && value.every(Number.isFinite);
  if (isBox && box[2] >= 0 && box[3] >= 0) return box;
  throw fault(`bbox must be [x, y, width, height] in pixels, got ${shown(value)}: mend it or leave it out`);
}

/** The box around a mask, as `pycocotools.mask.toBbox`. */
export function boxOfMask(mask: Rle): CocoBox {
  const [y1, x1, y2, x2] = rleBox(mask);
  return [x1, y1, x2 - x1, y2 - y1];
}

/** @returns square pixels; those of the mask where the file says nothing */
export function readArea(value: unknown, mask: Rle, fault: Fault): number {
  if (value === undefined || value === null) return rleArea(mask);
  if (Number.isFinite(value) && (value as number) >= 0) return value as number;
  throw fault(`area must be a number >= 0, got ${shown(value)}: mend it, or leave it out to take the mask's`);
}

export function readCrowd(value: unknown, fault: Fault): boolean {
  if (value === undefined || value === null || value === 0 || value === false) return false;
  if (value === 1 || value === true) return true;
  throw fault(`iscrowd must be 0 or 1, got ${shown(value)}: mend it`);
}

/** Of any scale: a logit or a percentage ranks as well as a probability. */
export function readScore(value: unknown, fault: Fault): number {
  if (Number.isFinite(value)) return value as number;
  throw fault(`score must be a finite number, got ${shown(value)}: mend it or leave the entry out`);
}

const HAS_MASK = 'give it polygons or run lengths';

/** @param value polygons, or run lengths in either form */
export function readMask(value: unknown, size: Size, fault: Fault): Rle {
  if (Array.isArray(value)) return rleFromPolygons(readRings(value, fault), ...size);
  if (typeof value !== 'object' || value === null) {
    throw fault(`segmentation must be polygons or run lengths, got ${shown(value)}: ${HAS_MASK}`);
  }
  const { counts, size: ownSize } = value as { counts?: unknown; size?: unknown };
  const [height, width] = Array.isArray(ownSize) && ownSize.length === 2 ? (ownSize as unknown[]) : [];
  if (height !== size[0] || width !== size[1]) {
    const expected = `[height, width] of its image, [${size.join(', ')}]`;
    throw fault(`segmentation.size must be ${expected}, got ${shown(ownSize)}: mend it`);
  }
  try {
    return rleFromCoco(counts, ownSize);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const reason = error.message.replace(/^rleFromString: /, '');
    throw fault(`segmentation is no mask, ${printable(reason)}: write its run lengths again`, error);
  }
}

/** The rectangle, as `COCO.loadRes` of pycocotools makes masks of boxes. */
export function rectangleOf([x, y, width, height]: CocoBox, size: Size): Rle {
  const [right, bottom] = [x + width, y + height];
  return rleFromPolygons([[x, y, x, bottom, right, bottom, right, y]], ...size);
}

/** Points of a ring, x and y of each, at least. */
const FEWEST_VALUES = 6;

/** Rings of one or two points enclose nothing and are passed over, as in pycocotools, where another one encloses something. */
function readRings(rings: readonly unknown[], fault: Fault): number[][] {
  const all = rings.map((ring, i) => {
    const values: readonly unknown[] = Array.isArray(ring) ? ring : [];
    const place = `segmentation[${i}]`;
    if (!Array.isArray(ring) || ring.length % 2 !== 0) {
      const expected = 'must be a list x0, y0, x1, y1, ...';
      throw fault(
        `${place} ${expected}, got ${Array.isArray(ring) ? `${ring.length} values` : shown(ring)}: mend it`,
      );
    }
    const wrong = values.findIndex((coordinate) => !isCoordinate(coordinate));
    if (wrong < 0) return ring as number[];
    throw fault(`${place}[${wrong}] must be a number of pixels, got ${shown(values[wrong])}: mend it`);
  });
  const enclosing = all.filter((ring) => ring.length >= FEWEST_VALUES);
  if (enclosing.length > 0) return enclosing;
  throw fault(`segmentation has no ring of three points or more: ${HAS_MASK}, or leave the entry out`);
}

/** pycocotools computes with 32-bit numbers, in fifths of a pixel. */
const FARTHEST = 2 ** 28;

function isCoordinate(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= FARTHEST;
}
