import type { Detection } from '../evaluate/images/detections.ts';
import { type Rle, rleArea, rleBox } from '../masks/rle.ts';
import { type TextStyle, textSvg, textWidth } from './text.ts';

/** Pixels: height of the digits, and clear space around a label. */
const SIZE = 8;
const PADDING = 2;
const STYLE: TextStyle = {
  size: SIZE,
  color: '#ffffff',
  weight: 1.3,
  halo: { color: '#000000', width: 1.1 },
};

interface Rectangle {
  y1: number;
  x1: number;
  y2: number;
  x2: number;
}

/** Labels may cover this share of the panel: in a dense town they would hide it. */
const COVERED_SHARE = 0.05;

/** A detection in the panel's pixels. */
interface Place {
  box: Rectangle;
  /** A point well inside the mask. */
  centre: { y: number; x: number };
}

/**
 * Scores as two digits (".87") at their buildings: inside a large one, beside a small one. Where there is no room, or the
 * labels would cover too much, the weaker detections go without.
 * @param scale how many times larger the panel is than the image of the detections
 * @param panel [height, width] pixels
 * @returns SVG elements in the panel's pixels
 */
export function scoreLabels(
  detections: readonly Detection[],
  scale: number,
  panel: readonly [height: number, width: number],
): string {
  const ranked = detections.filter(({ mask }) => rleArea(mask) > 0).sort((a, b) => b.score - a.score);
  const places = ranked.map(({ mask }) => toPlace(mask, scale));
  const placed: Rectangle[] = [];
  let [svg, covered] = ['', 0];
  for (const [d, { score }] of ranked.entries()) {
    const text = scoreText(score);
    const label = { height: SIZE + 2 * PADDING, width: textWidth(text, SIZE) + 2 * PADDING };
    const others = [...placed, ...places.filter((_, other) => other !== d).map(({ box }) => box)];
    const isFree = (candidate: Rectangle, taken: readonly Rectangle[]) =>
      isWithin(candidate, panel) && taken.every((other) => !overlap(candidate, other));
    const spot =
      inside(places[d]!, label).find((candidate) => isFree(candidate, placed)) ??
      beside(places[d]!, label).find((candidate) => isFree(candidate, others));
    if (!spot) continue;
    placed.push(spot);
    covered += label.height * label.width;
    if (covered > COVERED_SHARE * panel[0] * panel[1]) break;
    svg += textSvg(text, spot.x1 + PADDING, spot.y1 + PADDING, STYLE);
  }
  return svg;
}

/** ".87"; a score that rounds to one is "1.0". */
function scoreText(score: number): string {
  const text = score.toFixed(2);
  return text.startsWith('0') ? text.slice(1) : '1.0';
}

function toPlace(mask: Rle, scale: number): Place {
  const [y1, x1, y2, x2] = rleBox(mask);
  const centre = middleOf(mask);
  return {
    box: { y1: y1 * scale, x1: x1 * scale, y2: y2 * scale, x2: x2 * scale },
    centre: { y: centre.y * scale, x: centre.x * scale },
  };
}

/** The centroid; where it lies outside the mask, the middle of the longest run in its column, else of all. */
function middleOf({ size: [height], counts }: Rle): { y: number; x: number } {
  const runs = columnRuns(counts, height);
  const area = runs.reduce((sum, { length }) => sum + length, 0);
  const y = runs.reduce((sum, run) => sum + run.length * (run.y + run.length / 2), 0) / area;
  const x = runs.reduce((sum, run) => sum + run.length * (run.x + 0.5), 0) / area;
  const column = runs.filter((run) => run.x === Math.floor(x));
  if (column.some((run) => run.y <= y && y < run.y + run.length)) return { y, x };
  const longest = (column.length > 0 ? column : runs).reduce((best, run) =>
    run.length > best.length ? run : best,
  );
  return { y: longest.y + longest.length / 2, x: longest.x + 0.5 };
}

/** The runs of 1, cut where a column ends. */
function columnRuns(counts: Uint32Array, height: number): { y: number; x: number; length: number }[] {
  const runs: { y: number; x: number; length: number }[] = [];
  let end = 0;
  for (let i = 1; i < counts.length; i += 2) {
    let start = end + counts[i - 1]!;
    end = start + counts[i]!;
    while (start < end) {
      const y = start % height;
      const length = Math.min(end - start, height - y);
      runs.push({ y, x: Math.floor(start / height), length });
      start += length;
    }
  }
  return runs;
}

interface Size {
  height: number;
  width: number;
}

/** A label may hide this share of its own building's height. */
const HIDDEN_SHARE = 0.6;

function inside({ box, centre }: Place, { height, width }: Size): Rectangle[] {
  const hasRoom = height <= HIDDEN_SHARE * (box.y2 - box.y1) && width <= box.x2 - box.x1;
  return hasRoom ? [rectangleAt(centre.y - height / 2, centre.x - width / 2, { height, width })] : [];
}

/** Above, below, to the right, to the left. */
function beside({ box }: Place, size: Size): Rectangle[] {
  const y = (box.y1 + box.y2 - size.height) / 2;
  const x = (box.x1 + box.x2 - size.width) / 2;
  return [
    rectangleAt(box.y1 - size.height, x, size),
    rectangleAt(box.y2, x, size),
    rectangleAt(y, box.x2, size),
    rectangleAt(y, box.x1 - size.width, size),
  ];
}

function rectangleAt(y1: number, x1: number, { height, width }: Size): Rectangle {
  return { y1, x1, y2: y1 + height, x2: x1 + width };
}

function isWithin(rectangle: Rectangle, [height, width]: readonly [number, number]): boolean {
  return rectangle.y1 >= 0 && rectangle.x1 >= 0 && rectangle.y2 <= height && rectangle.x2 <= width;
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.y1 < b.y2 && b.y1 < a.y2 && a.x1 < b.x2 && b.x1 < a.x2;
}
