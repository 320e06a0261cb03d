/**
 * Whether the box and the area of an annotation fit its outline. Neither is used, but where they do not fit, one of the
 * two was changed without the other, and it may be the outline.
 */
import { polygonArea, polygonsBox } from '../../masks/polygon.ts';
import type { SourceAnnotation } from '../sources/source-sample.ts';

/** A side of the box may lie so far off: pixels, or share of the box's length. */
const BOX_PIXELS = 2;
const BOX_SHARE = 0.05;
/** The area may be so far off: share, or a rim of half a pixel all around. */
const AREA_SHARE = 0.05;

export interface DeclaredShape {
  /** What does not fit, as part of a sentence; null where it fits or nothing is said. */
  box: { detail: string; severity: number } | null;
  area: { detail: string; severity: number } | null;
  /** The area given is that of the box: a habit of Roboflow and of converters from boxes. */
  isAreaOfBox: boolean;
}

/**
 * @param outlines the rings as they were read and as they are kept: to fit one of them is enough, since some tools
 *   clip before they measure
 */
export function checkDeclared(
  { box, area }: Pick<SourceAnnotation, 'box' | 'area'>,
  outlines: readonly (readonly (readonly number[])[])[],
): DeclaredShape {
  const measured = outlines.map((rings) => ({ box: toXywh(polygonsBox(rings)), area: areaOf(rings) }));
  const isAreaOfBox =
    isNumber(area) &&
    !measured.some((own) => doAreasAgree(area, own.area, own.box)) &&
    [...(isBox(box) ? [box] : []), ...measured.map((own) => own.box)].some((given) =>
      doAreasAgree(area, given[2] * given[3], given),
    );
  return { box: checkBox(box, measured), area: isAreaOfBox ? null : checkArea(area, measured), isAreaOfBox };
}

type Xywh = readonly [x: number, y: number, width: number, height: number];
type Measured = { box: Xywh; area: number };

function checkBox(box: unknown, measured: readonly Measured[]): DeclaredShape['box'] {
  if (box === null || box === undefined) return null;
  if (!isBox(box)) return { detail: 'its box is not four numbers', severity: 1 };
  if (measured.some((own) => doBoxesAgree(box, own.box))) return null;
  const own = measured.at(-1)!.box;
  const detail = `its box is ${list(box)}, that of its outline ${list(own)} (x, y, width, height)`;
  return { detail, severity: 1 - boxIou(box, own) };
}

function checkArea(area: unknown, measured: readonly Measured[]): DeclaredShape['area'] {
  if (area === null || area === undefined) return null;
  if (!isNumber(area)) return { detail: 'its area is not a number', severity: 1 };
  if (measured.some((own) => doAreasAgree(area, own.area, own.box))) return null;
  const own = measured.at(-1)!.area;
  const detail = `its area is ${shorten(area)} square pixels, that of its outline ${shorten(own)}`;
  return { detail, severity: 1 - Math.max(0, Math.min(area, own)) / Math.max(area, own) };
}

function doBoxesAgree(a: Xywh, b: Xywh): boolean {
  const [slackX, slackY] = [2, 3].map((side) => Math.max(BOX_PIXELS, BOX_SHARE * b[side]!));
  return (
    Math.abs(a[0] - b[0]) <= slackX! &&
    Math.abs(a[1] - b[1]) <= slackY! &&
    Math.abs(a[0] + a[2] - b[0] - b[2]) <= slackX! &&
    Math.abs(a[1] + a[3] - b[1] - b[3]) <= slackY!
  );
}

function doAreasAgree(given: number, own: number, box: Xywh): boolean {
  return Math.abs(given - own) <= Math.max(AREA_SHARE * own, box[2] + box[3]);
}

function boxIou(a: Xywh, b: Xywh): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a[2] * a[3] + b[2] * b[3] - width * height);
}

function areaOf(rings: readonly (readonly number[])[]): number {
  return rings.reduce((sum, ring) => sum + polygonArea(ring), 0);
}

function toXywh([y1, x1, y2, x2]: readonly [number, number, number, number]): Xywh {
  return [x1, y1, x2 - x1, y2 - y1];
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isBox(value: unknown): value is Xywh {
  return Array.isArray(value) && value.length === 4 && value.every(isNumber);
}

function list(values: readonly number[]): string {
  return values.map(shorten).join(', ');
}

function shorten(value: number): number {
  return Math.round(value * 10) / 10;
}
