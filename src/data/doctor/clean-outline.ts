/**
 * From what an annotation says, which may be anything, to an outline that the rest can rely on: finite, inside the
 * image, crossing itself nowhere, counting no area twice, and with a box and an area that follow from its rings.
 */
import { clipPolygon, polygonArea, polygonsBox } from '../../masks/polygon.ts';
import type { SourceAnnotation } from '../sources/source-sample.ts';
import type { Frame } from './building-outline.ts';
import { uniteInside, uniteRings } from './combine-rings.ts';
import type { Fault } from './fault.ts';
import { readRings } from './read-rings.ts';
import { selfContact } from './self-contact.ts';

export interface CleanRings {
  /** As they were read, in pixels; may lie outside. */
  read: number[][];
  /** Sound ones; none where nothing is left. */
  rings: number[][];
  /** `before` and `after` are empty yet. */
  faults: Fault[];
}

/** Below this many square pixels a polygon is a line or a point: what is left is rounding error. */
const NO_AREA = 1e-6;
/** A ring that crosses itself more often outlines nothing. */
const MOST_CROSSINGS = 200;
/** Pixels beyond the border that are a matter of convention: some count pixels, others the lines between them. */
const BORDER = 1;
/** Share of the area that may count twice, or more of it is lost or won by making a ring simple, by rounding alone. */
const SAME_AREA = 1e-3;

/** Cleans the rings of one annotation; each fault is named once, whatever number of rings has it. */
export function cleanOutline({ entry, outline }: SourceAnnotation, frame: Frame): CleanRings {
  const { rings: read, unreadable } = readRings(outline, frame);
  const faults: Fault[] = [];
  const say: Say = (kind, detail, severity = 0) =>
    faults.push({ kind, entry, detail, treatment: 'repaired', severity, before: [], after: [] });
  for (const detail of unreadable) say('annotation_malformed', detail);
  const filled = read.filter((ring) => ring.length > 0);
  if (filled.length === 0 && unreadable.length === 0) say('annotation_shape', 'it has no outline');
  // What was traced from a mask is sound as it is.
  const rings =
    outline.kind === 'rle'
      ? filled
      : uniteParts(
          clip(
            filled.flatMap((ring) => makeSimple(ring, say)),
            frame,
            say,
          ),
          say,
        );
  return { read, rings, faults: rings.length > 0 ? faults : faults.map(lost) };
}

type Say = (kind: Fault['kind'], detail: string, severity?: number) => void;

/** With nothing left there was nothing to repair. */
function lost(fault: Fault): Fault {
  return { ...fault, treatment: 'dropped' };
}

interface SimpleRing {
  points: number[];
  /** It meets itself without crossing: a keyhole. */
  touches: boolean;
}

/** @returns the ring, or several that cross nothing, or none */
function makeSimple(ring: number[], say: Say): SimpleRing[] {
  if (ring.length < 6) {
    say('building_degenerate', `its outline has ${ring.length / 2} points`);
    return [];
  }
  const { crossings, touches } = selfContact(ring, MOST_CROSSINGS);
  const area = polygonArea(ring);
  if (crossings >= MOST_CROSSINGS) {
    say('building_crossing', `its outline crosses itself ${MOST_CROSSINGS} times or more`, 1);
    return [];
  }
  if (crossings === 0 && !touches) return area < NO_AREA ? degenerate(say) : [{ points: ring, touches }];
  const parts = uniteRings([ring]);
  if (parts === null) {
    say('building_crossing', 'its outline is too tangled', 1);
    return [];
  }
  const united = sumOfAreas(parts);
  if (united < NO_AREA) return degenerate(say);
  const difference = Math.abs(united - area) / united;
  // A ring that only touches itself is left as it is, unless one of its contacts is a crossing.
  if (crossings === 0 && difference < SAME_AREA) return [{ points: ring, touches }];
  const places = crossings === 0 ? 'in a corner' : crossings === 1 ? 'once' : `${crossings} times`;
  say('building_crossing', `its outline crosses itself ${places}`, difference);
  return parts.map((points) => ({ points, touches: true }));
}

function degenerate(say: Say): [] {
  say('building_degenerate', 'its outline has no area');
  return [];
}

function clip(rings: readonly SimpleRing[], frame: Frame, say: Say): number[][] {
  const parts = rings.flatMap(({ points, touches }) => {
    if (isInside(points, frame)) return [points];
    // The plain way is for rings that meet themselves nowhere.
    return (touches ? uniteInside([points], frame) : null) ?? clipPolygon(points, frame.width, frame.height);
  });
  const kept = parts.filter((part) => polygonArea(part) >= NO_AREA);
  const points = rings.map((ring) => ring.points);
  const beyond = overshoot(points, frame);
  if (kept.length === 0 && rings.length > 0) say('building_outside', describeBox(points), 0);
  else if (beyond > BORDER) {
    const cut = 1 - sumOfAreas(kept) / sumOfAreas(points);
    say('building_clipped', `it reaches ${shorten(beyond)} pixels beyond the border`, cut);
  }
  return kept;
}

function isInside(ring: readonly number[], frame: Frame): boolean {
  return overshoot([ring], frame) <= 0;
}

/** @returns the farthest distance beyond a border, in pixels; 0 or less where all is inside */
function overshoot(rings: readonly (readonly number[])[], { width, height }: Frame): number {
  const [y1, x1, y2, x2] = polygonsBox(rings);
  return Math.max(-y1, -x1, y2 - height, x2 - width);
}

/** Parts that overlap become one, so that no area counts twice. */
function uniteParts(parts: number[][], say: Say): number[][] {
  if (!parts.some((part, i) => parts.slice(0, i).some((other) => doBoxesOverlap(part, other)))) return parts;
  const united = uniteRings(parts);
  if (united === null) return parts;
  const [sum, area] = [sumOfAreas(parts), sumOfAreas(united)];
  if (sum - area < SAME_AREA * sum) return parts;
  say('building_parts', `its parts share ${shorten(sum - area)} square pixels`, (sum - area) / sum);
  return united;
}

function doBoxesOverlap(a: readonly number[], b: readonly number[]): boolean {
  const [boxA, boxB] = [polygonsBox([a]), polygonsBox([b])];
  return boxA[0] < boxB[2] && boxB[0] < boxA[2] && boxA[1] < boxB[3] && boxB[1] < boxA[3];
}

function sumOfAreas(rings: readonly (readonly number[])[]): number {
  return rings.reduce((sum, ring) => sum + polygonArea(ring), 0);
}

function describeBox(rings: readonly (readonly number[])[]): string {
  const [y1, x1, y2, x2] = polygonsBox(rings).map(shorten);
  return `it lies at x ${x1} to ${x2}, y ${y1} to ${y2}`;
}

/** At most one digit after the point. */
function shorten(value: number): number {
  return Math.round(value * 10) / 10;
}
