/**
 * How training went, as one picture: losses, accuracy and errors on valid, learning rate, gradient norm, what an update
 * changes and how long it takes, by epoch.
 */
import type { TopLevelSpec } from 'vega-lite';
import { chartSvg } from './chart-svg.ts';
import { epochOf, type HistoryRow, MOST_DOTTED_ROWS, phaseBorders } from './training-history.ts';

interface Series {
  key: string;
  name: string;
  /** Okabe and Ito's colours, which people with any colour vision tell apart (https://jfly.uni-koeln.de/color/). */
  color: string;
}

interface Panel {
  title: string;
  /** The vertical axis: the quantity's unit, or what is better. */
  axis: string;
  range?: [number, number];
  /** Of a logarithmic axis there is no zero: such a value leaves a gap. */
  logarithmic?: boolean;
  series: readonly Series[];
}

const BLUE = '#0072b2';
const ORANGE = '#d55e00';
const GREEN = '#009e73';
const PINK = '#cc79a7';
const SKY = '#56b4e9';

const PANELS: readonly Panel[] = [
  {
    title: 'Loss',
    axis: 'sum of the weighted terms',
    series: [
      { key: 'train/loss', name: 'training', color: BLUE },
      { key: 'valid/loss', name: 'validation', color: ORANGE },
    ],
  },
  {
    title: 'Accuracy on the validation split',
    axis: '0–1, higher is better',
    range: [0, 1],
    series: [
      { key: 'valid/mask_ap', name: 'mask mAP', color: BLUE },
      { key: 'valid/mask_ap50', name: 'mask mAP50', color: ORANGE },
      { key: 'valid/boundary_ap', name: 'boundary mAP', color: SKY },
      { key: 'valid/iou', name: 'IoU', color: GREEN },
      { key: 'valid/dice', name: 'Dice', color: PINK },
    ],
  },
  {
    title: 'At the best score threshold',
    axis: '0–1, on valid, matched at IoU 0.5',
    range: [0, 1],
    series: [
      { key: 'valid/precision', name: 'precision', color: BLUE },
      { key: 'valid/recall', name: 'recall', color: ORANGE },
      { key: 'valid/f1', name: 'F1', color: GREEN },
      { key: 'valid/score_threshold', name: 'threshold', color: PINK },
    ],
  },
  {
    title: 'Merged and split buildings',
    axis: 'share of all buildings, lower is better',
    series: [
      { key: 'valid/merged_rate', name: 'merged', color: BLUE },
      { key: 'valid/split_rate', name: 'split', color: ORANGE },
    ],
  },
  {
    title: 'Learning rate',
    axis: 'per step',
    series: [{ key: 'train/learning_rate', name: 'learning rate', color: BLUE }],
  },
  {
    title: 'Gradient norm',
    axis: 'global L2 norm',
    series: [{ key: 'train/gradient_norm', name: 'gradient norm', color: BLUE }],
  },
];

const UPDATE_RATIO = 'train/update_ratio/';
const PART_COLORS = [BLUE, ORANGE, GREEN, PINK, SKY];

/** Those that tell something only where the rows have it: those of older versions do not. */
function panelsFor(history: readonly HistoryRow[]): readonly Panel[] {
  const keys = new Set(history.flatMap((row) => Object.keys(row)));
  const isKnown = (key: string) => history.some((row) => (row[key] ?? 0) > 0);
  const parts = [...keys].filter((key) => key.startsWith(UPDATE_RATIO) && isKnown(key));
  const updates: Panel = {
    title: 'Update ratio',
    axis: 'change of the weights in one update / weights, L2',
    logarithmic: true,
    series: parts.map((key, i) => ({
      key,
      name: key.slice(UPDATE_RATIO.length),
      color: PART_COLORS[i % PART_COLORS.length]!,
    })),
  };
  const time: Panel = {
    title: 'Time of an update',
    axis: 'seconds',
    series: [
      { key: 'time/step', name: 'computing', color: BLUE },
      { key: 'time/data', name: 'waiting for data', color: ORANGE },
    ],
  };
  return [...PANELS, ...(parts.length > 0 ? [updates] : []), ...(keys.has('time/step') ? [time] : [])];
}

/** Pixels kept for the numbers at the vertical axes, so that the panels stand in line. */
const Y_LABELS_WIDTH = 48;

/**
 * @param history one row per epoch, with `epoch` and any of the figures above; without `epoch`, rows are counted from 1.
 *   Where `phase` grows from one row to the next, a dashed line stands between them.
 *   A figure that is null or missing leaves a gap in its line.
 * @returns an SVG document; panels stay empty without rows
 */
export async function curvesSvg(history: readonly HistoryRow[]): Promise<string> {
  const hasDots = history.length <= MOST_DOTTED_ROWS;
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: '#ffffff',
    padding: 16,
    columns: 2,
    spacing: 36,
    concat: panelsFor(history).map((panel) => panelSpec(panel, history, hasDots)),
    resolve: { scale: { color: 'independent' } },
    config: {
      font: 'Inter, Segoe UI, Helvetica, Arial, sans-serif',
      title: { anchor: 'start', fontSize: 14, fontWeight: 600, color: '#202124', subtitleColor: '#5f6368' },
      axis: {
        labelColor: '#5f6368',
        titleColor: '#5f6368',
        titleFontWeight: 'normal',
        gridColor: '#eceff1',
        domainColor: '#bdc1c6',
        tickColor: '#bdc1c6',
      },
      legend: { labelColor: '#202124', labelFontSize: 11, symbolStrokeWidth: 3, columnPadding: 8 },
      view: { stroke: null },
    },
  };
  return chartSvg(spec);
}

function panelSpec(panel: Panel, history: readonly HistoryRow[], hasDots: boolean) {
  return {
    title: { text: panel.title, subtitle: panel.axis, frame: 'group' as const, offset: 10 },
    width: 380,
    height: 220,
    layer: [borderLines(history), panelLines(panel, history, hasDots)],
  };
}

function borderLines(history: readonly HistoryRow[]) {
  return {
    data: { values: phaseBorders(history).map((epoch) => ({ epoch })) },
    mark: { type: 'rule' as const, strokeDash: [4, 4], color: '#9aa0a6' },
    encoding: { x: epochAxis(history) },
  };
}

function epochAxis(history: readonly HistoryRow[]) {
  return {
    field: 'epoch',
    type: 'quantitative' as const,
    title: 'epoch',
    axis: { tickMinStep: 1, grid: false, format: 'd' },
    scale: { domain: epochDomain(history), nice: false as const },
  };
}

function panelLines(panel: Panel, history: readonly HistoryRow[], hasDots: boolean) {
  const names = panel.series.map(({ name }) => name);
  return {
    data: { values: panelValues(panel, history) },
    mark: {
      type: 'line' as const,
      strokeWidth: 2,
      invalid: 'break-paths-show-domains' as const,
      ...(hasDots && { point: { size: 22, filled: true } }),
    },
    encoding: {
      x: epochAxis(history),
      y: {
        field: 'value',
        type: 'quantitative' as const,
        title: null,
        axis: { format: '~g', tickCount: 6, minExtent: Y_LABELS_WIDTH },
        scale: valueScale(panel, history),
      },
      color: {
        field: 'series',
        type: 'nominal' as const,
        title: null,
        scale: { domain: names, range: panel.series.map(({ color }) => color) },
        legend: names.length > 1 ? { orient: 'top' as const, symbolType: 'stroke' } : null,
      },
    },
  };
}

function valueScale({ range, logarithmic }: Panel, history: readonly HistoryRow[]) {
  if (range) return { domain: range };
  if (logarithmic) return { type: 'log' as const };
  return { zero: true, ...(history.length === 0 && { domain: [0, 1] }) };
}

function panelValues({ series, logarithmic = false }: Panel, history: readonly HistoryRow[]) {
  return series.flatMap(({ key, name }) =>
    history.map((row, i) => {
      const value = finiteOrNull(row[key]);
      return { series: name, epoch: epochOf(row, i), value: logarithmic && value === 0 ? null : value };
    }),
  );
}

/** At least one epoch wide, from the first one on. */
function epochDomain(history: readonly HistoryRow[]): [number, number] {
  const epochs = history.map(epochOf);
  const first = epochs.length === 0 ? 0 : Math.min(...epochs);
  return [first, Math.max(first + 1, ...epochs)];
}

function finiteOrNull(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
}
