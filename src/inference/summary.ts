import type { IntervalKey } from '../evaluate/intervals/headline-figures.ts';
import type { Metrics } from '../evaluate/metrics.ts';
import type { ErrorFigures } from '../evaluate/tide/tide-figures.ts';

/** What was written where, and the figures. */
export interface InferenceSummary {
  folder: string;
  pictures: number;
  metrics_file: string;
  predictions_file: string;
  report_file: string;
  /** Who has chosen `metrics.score_threshold`. */
  threshold_source: ThresholdSource;
  metrics: Metrics;
}

/** The training, on valid; the params; or nobody: the model has none. */
export type ThresholdSource = 'trained' | 'params' | 'default';

const SOURCES: Record<ThresholdSource, string> = {
  trained: 'chosen in training, where F1 on valid is highest',
  params: 'inference.score_threshold',
  default: 'for want of one chosen in training',
};

/** TIDE's kinds that do not overlap, in words for what went wrong. */
const ERROR_NAMES = {
  missed: 'missed buildings',
  background: 'detections where there is no building',
  localisation: 'badly outlined buildings',
  duplicate: 'second detections of a building',
  class: 'buildings of another category',
  both: 'badly outlined ones of another category',
} as const satisfies Partial<Record<keyof ErrorFigures, string>>;

/** Lines for people: figures with 95 % intervals, where there are some. */
export function formatInferenceSummary(summary: InferenceSummary): string {
  const { metrics, folder, pictures } = summary;
  const { mask, boundary, box } = metrics;
  const show = (name: string, value: number | null, key?: IntervalKey) =>
    `${name} ${value === null ? '-' : value.toFixed(3)}${interval(metrics, key, (bound) => bound.toFixed(3))}`;
  return [
    `On test (${metrics.images} images, ${metrics.buildings} buildings${metrics.intervals ? '; in brackets: 95 % intervals' : ''}):`,
    `  ${show('mask mAP', mask.ap, 'mask_ap')}, ${show('mAP50', mask.ap50, 'mask_ap50')}`,
    `  ${show('boundary mAP', boundary.ap, 'boundary_ap')}, ${show('box mAP', box.ap, 'box_ap')}, ${show('mAP50', box.ap50)}`,
    `  ${show('IoU', metrics.iou, 'iou')}, ${show('Dice', metrics.dice, 'dice')}`,
    `From score ${metrics.score_threshold.toFixed(3)} on (${SOURCES[summary.threshold_source]}):`,
    `  ${show('precision', metrics.precision, 'precision')}, ${show('recall', metrics.recall, 'recall')}, ${show('F1', metrics.f1, 'f1')}`,
    `  ${shared(metrics, 'merged')}, ${shared(metrics, 'split')}`,
    ...largestError(metrics.errors),
    `Report: ${summary.report_file}`,
    `${pictures} pictures, figures, tables and predictions in ${folder}`,
  ].join('\n');
}

function interval(metrics: Metrics, key: IntervalKey | undefined, show: (bound: number) => string): string {
  const bounds = key && metrics.intervals?.[key];
  return bounds ? ` [${show(bounds.low)}–${show(bounds.high)}]` : '';
}

function shared(metrics: Metrics, what: 'merged' | 'split'): string {
  const { rate, buildings } = metrics[what];
  if (rate === null) return `${what} -`;
  const percent = (share: number) => (100 * share).toFixed(1);
  return `${what} ${percent(rate)} %${interval(metrics, `${what}_rate`, percent)} of the buildings (${buildings})`;
}

function largestError(errors: ErrorFigures): string[] {
  const kinds = Object.keys(ERROR_NAMES) as (keyof typeof ERROR_NAMES)[];
  const largest = kinds.reduce((most, kind) => ((errors[kind] ?? 0) > (errors[most] ?? 0) ? kind : most));
  const gain = errors[largest] ?? 0;
  return gain > 0
    ? [`Largest error: ${ERROR_NAMES[largest]}; without them, mask mAP50 would be ${gain.toFixed(3)} higher`]
    : [];
}
