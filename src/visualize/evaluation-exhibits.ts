/**
 * An evaluation as tables and line charts of a tracker.
 */
import type { Curves } from '../evaluate/metrics.ts';
import type { ImageOutcome } from '../evaluate/outcome/outcome.ts';
import type { LineChart, Table } from '../tracking/tracker.ts';
import {
  type BuildingClass,
  classOfBuilding,
  classOfDetection,
  type DetectionClass,
} from './outcome-classes.ts';

/** Counts buildings and detections by what became of them, over a set of images. */
export interface ClassCounter {
  add(outcome: Pick<ImageOutcome, 'buildings' | 'detections'>): void;
  table(): Table;
}

/** A class of buildings and the class of detections that goes with it; null = there is none. */
const OUTCOMES: readonly [string, BuildingClass | null, DetectionClass | null][] = [
  ['found', 'hit', 'hit'],
  ['merged: several buildings, one detection', 'merged', 'merged'],
  ['split: one building, several detections', 'split', 'split'],
  ['badly outlined', 'localisation', 'localisation'],
  ['wrong category', 'class', 'class'],
  ['duplicate', null, 'duplicate'],
  ['missed', 'missed', null],
  ['false alarm', null, 'background'],
  ['in a crowd region', null, 'crowd'],
];

export function countClasses(): ClassCounter {
  const buildings = new Map<BuildingClass, number>();
  const detections = new Map<DetectionClass, number>();
  return {
    add(outcome) {
      for (const building of outcome.buildings) increase(buildings, classOfBuilding(building));
      for (const detection of outcome.detections) increase(detections, classOfDetection(detection));
    },
    table: () => ({
      kind: 'table',
      columns: ['outcome', 'buildings', 'detections', 'share of buildings', 'share of detections'],
      rows: OUTCOMES.map(([name, ofBuilding, ofDetection]) => [
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
