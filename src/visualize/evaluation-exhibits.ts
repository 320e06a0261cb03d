/**
 * An evaluation as tables and line charts, in the shapes of the tracker's.
 */
import type { Curves } from '../evaluate/metrics.ts';
import type { ImageOutcome } from '../evaluate/outcome/outcome.ts';
import {
  type BuildingClass,
  classOfBuilding,
  classOfDetection,
  type DetectionClass,
} from './outcome-classes.ts';

interface Table {
  kind: 'table';
  columns: string[];
  rows: (string | number | null)[][];
}

interface LineChart {
  kind: 'line_chart';
  title: string;
  xAxis: string;
  lines: { name: string; points: [x: number, y: number][] }[];
}

/** Counts how buildings and detections stand to each other over a set of images. */
export interface CorrespondenceCounter {
  add(outcome: Pick<ImageOutcome, 'buildings' | 'detections'>): void;
  table(): Table;
}

/** A building's class and the class of the detections that go with it. */
const CORRESPONDENCES: readonly [string, BuildingClass | null, DetectionClass | null][] = [
  ['one to one', 'found', 'right'],
  ['merged: several buildings, one detection', 'merged', 'merges several'],
  ['split: one building, several detections', 'split', 'piece of one'],
  ['badly outlined', 'badly outlined', 'badly outlined'],
  ['wrong category', 'wrong category', 'wrong category'],
  ['duplicate', null, 'duplicate'],
  ['missed', 'missed', null],
  ['false alarm', null, 'false alarm'],
  ['in a crowd region', null, 'in a crowd region'],
];

export function countCorrespondence(): CorrespondenceCounter {
  const buildings = new Map<BuildingClass, number>();
  const detections = new Map<DetectionClass, number>();
  return {
    add(outcome) {
      for (const building of outcome.buildings) increase(buildings, classOfBuilding(building));
      for (const detection of outcome.detections) increase(detections, classOfDetection(detection));
    },
    table: () => ({
      kind: 'table',
      columns: ['correspondence', 'buildings', 'detections', 'share of buildings', 'share of detections'],
      rows: CORRESPONDENCES.map(([name, ofBuilding, ofDetection]) => [
        name,
        ofBuilding && (buildings.get(ofBuilding) ?? 0),
        ofDetection && (detections.get(ofDetection) ?? 0),
        ofBuilding && shareOf(buildings, ofBuilding),
        ofDetection && shareOf(detections, ofDetection),
      ]),
    }),
  };
}

/** The curves by the ends of the keys under which a tracker shows them; those without a point are left out. */
export function curveCharts({
  precision_recall,
  thresholds,
  calibration,
}: Curves): Record<string, LineChart> {
  const charts: Record<string, LineChart> = {
    precision_recall: {
      kind: 'line_chart',
      title: 'Precision over recall, masks',
      xAxis: 'recall',
      lines: precision_recall.map(({ iou, points }) => ({
        name: `IoU ${iou}`,
        points: points.map(({ recall, precision }) => [recall, precision]),
      })),
    },
    thresholds: {
      kind: 'line_chart',
      title: 'What each score threshold gives, masks at IoU 0.5',
      xAxis: 'score threshold',
      lines: (['precision', 'recall', 'f1'] as const).map((name) => ({
        name: name === 'f1' ? 'F1' : name,
        points: thresholds.map((at) => [at.score, at[name]]),
      })),
    },
    calibration: {
      kind: 'line_chart',
      title: 'Precision over score: on the diagonal, scores are probabilities',
      xAxis: 'score',
      lines: [
        { name: 'precision', points: calibration.map(({ score, precision }) => [score, precision]) },
        { name: 'diagonal', points: calibration.map(({ score }) => [score, score]) },
      ],
    },
  };
  return Object.fromEntries(
    Object.entries(charts).filter(([, { lines }]) => lines.some(({ points }) => points.length > 0)),
  );
}

function increase<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function shareOf<Key>(counts: ReadonlyMap<Key, number>, key: Key): number | null {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return all === 0 ? null : (counts.get(key) ?? 0) / all;
}
