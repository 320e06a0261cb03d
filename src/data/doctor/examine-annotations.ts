import { polygonsBox } from '../../masks/polygon.ts';
import type { Params } from '../../params/schema.ts';
import type { SourceAnnotation } from '../sources/source-sample.ts';
import { type Frame, type Outline, outlineOf } from './building-outline.ts';
import { cleanOutline } from './clean-outline.ts';
import { checkDeclared } from './declared-shape.ts';
import type { Fault } from './fault.ts';
import { findSameBuildings } from './same-buildings.ts';

export interface ExaminedAnnotations {
  buildings: Outline[];
  crowds: number[][][];
  faults: Fault[];
  /** Annotations whose area is that of their box. */
  areasOfBoxes: number;
}

/** The annotations of one image: what can be relied on, and what was found on the way. */
export function examineAnnotations(
  annotations: readonly SourceAnnotation[],
  frame: Frame,
  params: Params['data'],
): ExaminedAnnotations {
  const examined = annotations.map((annotation) => examineAnnotation(annotation, frame, params.min_area));
  const buildings = examined.flatMap((one) =>
    one.building === null ? [] : [{ ...one, building: one.building }],
  );
  const outlines = buildings.map(({ building }) => building);
  const same = findSameBuildings(outlines, frame, params.doctor.duplicate_iou);
  const isSame = new Set(same.map(({ place }) => place));
  return {
    buildings: outlines.filter((_, place) => !isSame.has(place)),
    crowds: examined.flatMap(({ crowd }) => (crowd === null ? [] : [crowd])),
    faults: [
      ...examined.flatMap(({ faults }) => faults),
      ...same.map(({ place, as, iou }): Fault => {
        const [second, first] = [buildings[place]!, buildings[as]!];
        return {
          kind: 'building_duplicate',
          entry: second.entry,
          detail: `it is ${first.entry} once more (IoU ${iou.toFixed(2)})`,
          treatment: 'dropped',
          severity: iou,
          before: second.building.polygons,
          after: first.building.polygons,
        };
      }),
    ],
    areasOfBoxes: examined.filter(({ isAreaOfBox }) => isAreaOfBox).length,
  };
}

interface ExaminedAnnotation {
  entry: string;
  building: Outline | null;
  crowd: number[][] | null;
  faults: Fault[];
  isAreaOfBox: boolean;
}

function examineAnnotation(annotation: SourceAnnotation, frame: Frame, minArea: number): ExaminedAnnotation {
  const { entry, crowd: isCrowd } = annotation;
  const { read, rings, faults } = cleanOutline(annotation, frame);
  const say = (kind: Fault['kind'], treatment: Fault['treatment'], detail: string, severity: number) =>
    faults.push({ kind, entry, detail, treatment, severity, before: [], after: [] });
  const withRings = (after: number[][]) => faults.map((fault) => ({ ...fault, before: read, after }));
  if (rings.length === 0) {
    return { entry, building: null, crowd: null, faults: withRings([]), isAreaOfBox: false };
  }
  if (isCrowd) {
    say('building_crowd', 'none', `a region of ${sizeOf(rings)} pixels`, outlineOf(rings).area);
    return { entry, building: null, crowd: rings, faults: withRings(rings), isAreaOfBox: false };
  }
  const building = outlineOf(rings);
  const declared = checkDeclared(annotation, [read, rings]);
  if (declared.box) say('building_box', 'repaired', declared.box.detail, declared.box.severity);
  if (declared.area) say('building_area', 'repaired', declared.area.detail, declared.area.severity);
  const { isAreaOfBox } = declared;
  if (building.area >= minArea) {
    return { entry, building, crowd: null, faults: withRings(rings), isAreaOfBox };
  }
  say('building_small', 'dropped', `${shorten(building.area)} square pixels`, building.area);
  return { entry, building: null, crowd: null, faults: withRings([]), isAreaOfBox };
}

function sizeOf(rings: readonly (readonly number[])[]): string {
  const [y1, x1, y2, x2] = polygonsBox(rings);
  return `${shorten(x2 - x1)} x ${shorten(y2 - y1)}`;
}

/** At most one digit after the point. */
function shorten(value: number): number {
  return Math.round(value * 10) / 10;
}
