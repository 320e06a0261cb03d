import type { BuildingFigures, GroupFigures } from '../evaluate/groups.ts';
import type { Interval } from '../evaluate/intervals/bootstrap.ts';
import type { IntervalKey } from '../evaluate/intervals/headline-figures.ts';
import type { Metrics } from '../evaluate/metrics.ts';
import type { ErrorFigures } from '../evaluate/tide/tide-figures.ts';
import { alignColumns } from '../system/align-columns.ts';
import { printable } from '../system/printable.ts';
import { ERROR_NAMES, FIGURE_NAMES } from './figure-names.ts';

type Row = [name: string, value: number | null, key?: IntervalKey];

/** The tables for people. */
export function formatMetrics(metrics: Metrics): string {
  const { images, buildings, detections, score_threshold, max_detections, intervals } = metrics;
  return [
    `${images} images, ${buildings} buildings; ${detections} detections from score ${score_threshold} on`,
    '',
    ...alignColumns([
      ['', 'value', ...(intervals ? ['95 % interval'] : [])],
      ...figureRows(metrics).map((row) => cellsOf(row, intervals)),
    ]),
    '',
    'What mAP50 would gain without these errors',
    ...alignColumns(errorRows(metrics.errors)),
    '',
    ...alignColumns([
      ['', 'images', 'buildings', 'mAP', 'mAP50', 'precision', 'recall', 'F1', 'merged', 'split'],
      ...groupRows(metrics),
    ]),
    '',
    `mAP, AR and errors take the best ${max_detections} detections of each image, whatever their scores.`,
  ].join('\n');
}

function figureRows(metrics: Metrics): Row[] {
  const { mask, boundary, box, merged, split } = metrics;
  return [
    named('mask_ap', mask.ap),
    named('mask_ap50', mask.ap50),
    ['mask mAP75', mask.ap75],
    ['mask mAP small', mask.ap_small],
    ['mask mAP medium', mask.ap_medium],
    ['mask mAP large', mask.ap_large],
    ['mask AR', mask.ar],
    named('boundary_ap', boundary.ap),
    named('box_ap', box.ap),
    ['box mAP50', box.ap50],
    named('iou', metrics.iou),
    named('dice', metrics.dice),
    ['pixel IoU', metrics.pixel_iou],
    ['pixel Dice', metrics.pixel_dice],
    named('precision', metrics.precision),
    named('recall', metrics.recall),
    named('f1', metrics.f1),
    named('panoptic_quality', metrics.panoptic_quality),
    named('merged_rate', merged.rate),
    named('split_rate', split.rate),
    ['calibration error', metrics.calibration_error],
  ];
}

function named(key: IntervalKey, value: number | null): Row {
  return [FIGURE_NAMES[key], value, key];
}

function cellsOf([name, value, key]: Row, intervals: Metrics['intervals']): string[] {
  const cells = [name, figure(value)];
  return intervals ? [...cells, key ? range(intervals[key]) : ''] : cells;
}

function errorRows(errors: ErrorFigures): string[][] {
  const kinds = Object.keys(ERROR_NAMES) as (keyof ErrorFigures)[];
  return kinds.map((kind) => [`  ${ERROR_NAMES[kind]}`, figure(errors[kind])]);
}

function groupRows({ by_size, by_gap, by_density, by_source }: Metrics): string[][] {
  return [
    ...group('by size', by_size, (figures) => buildingCells(figures)),
    ...group('by gap', by_gap, (figures) => buildingCells(figures)),
    ...group('by density', by_density, imageCells),
    ...group('by source', by_source, imageCells),
  ];
}

function group<F extends BuildingFigures>(
  title: string,
  parts: Readonly<Record<string, F>>,
  cellsOfPart: (figures: F) => string[],
): string[][] {
  const rows = Object.entries(parts).map(([name, part]) => [`  ${printable(name)}`, ...cellsOfPart(part)]);
  return rows.length === 0 ? [] : [[title, ...Array<string>(9).fill('')], ...rows];
}

/** False alarms belong to no building, so that these have no precision. */
function buildingCells({ buildings, recall, merged_rate, split_rate }: BuildingFigures): string[] {
  return ['', String(buildings), '', '', '', figure(recall), '', figure(merged_rate), figure(split_rate)];
}

function imageCells(figures: GroupFigures): string[] {
  const { images, buildings, mask_ap, mask_ap50, precision, recall, f1, merged_rate, split_rate } = figures;
  const rates = [mask_ap, mask_ap50, precision, recall, f1, merged_rate, split_rate];
  return [String(images), String(buildings), ...rates.map(figure)];
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}

function range(interval: Interval | null): string {
  return interval === null ? '-' : `${figure(interval.low)} - ${figure(interval.high)}`;
}
