/**
 * The learning-rate range test as one picture: the loss of each update by its rate, smoothed, with the rate that the test
 * suggests and the one that the params have.
 */
import type { TopLevelSpec } from 'vega-lite';
import { chartSvg } from './chart-svg.ts';

/** An update. */
export interface RangeCurvePoint {
  learningRate: number;
  loss: number;
  smoothed: number;
}

/** Rates that get a line of their own. */
export interface RangeCurveMarks {
  /** Of params. */
  key: string;
  current: number;
  /** null = none */
  suggestion: number | null;
}

const BLUE = '#0072b2';
const ORANGE = '#d55e00';
const GREY = '#5f6368';
const FAINT = '#9aa0a6';

/** Of the range of the smoothed loss before it breaks out, kept free above and below. */
const MARGIN = 0.15;

/**
 * @param points in the order of their rates
 * @returns an SVG document; empty axes without points
 */
export async function rangeCurveSvg(
  points: readonly RangeCurvePoint[],
  { key, current, suggestion }: RangeCurveMarks,
): Promise<string> {
  const marks = [
    { rate: current, label: `params: ${formatRate(current)}`, color: GREY, line: 1 },
    ...(suggestion === null
      ? []
      : [{ rate: suggestion, label: `suggestion: ${formatRate(suggestion)}`, color: ORANGE, line: 0 }]),
  ];
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: key,
    scale: { type: 'log' as const, nice: false },
    axis: { grid: false, format: '.0e', tickCount: 7 },
  });
  const y = {
    type: 'quantitative' as const,
    title: 'loss',
    scale: { domain: lossDomain(points), zero: false },
  };
  const mark = { type: 'rule' as const, strokeDash: [4, 4], strokeWidth: 1.5 };
  const color = { field: 'color', type: 'nominal' as const, scale: null };
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: '#ffffff',
    padding: 16,
    width: 640,
    height: 360,
    title: {
      text: 'Learning-rate range test',
      subtitle: 'dots: single updates; line: smoothed; what breaks out is cut off at the top',
      anchor: 'start',
    },
    layer: [
      {
        data: { values: [...points] },
        mark: { type: 'circle', size: 18, color: FAINT, opacity: 0.7, clip: true },
        encoding: { x: x('learningRate'), y: { ...y, field: 'loss' } },
      },
      {
        data: { values: [...points] },
        mark: { type: 'line', color: BLUE, strokeWidth: 2.5, clip: true },
        encoding: { x: x('learningRate'), y: { ...y, field: 'smoothed' } },
      },
      { data: { values: marks }, mark, encoding: { x: x('rate'), color } },
      // A light edge keeps a label readable where another mark's line goes through it.
      ...[{ stroke: '#ffffff', strokeWidth: 5 }, {}].map((edge) => ({
        data: { values: marks },
        mark: { type: 'text' as const, align: 'left' as const, dx: 6, fontSize: 12, ...edge },
        encoding: {
          x: x('rate'),
          y: { value: { expr: '14 + 16 * datum.line' } },
          text: { field: 'label', type: 'nominal' as const },
          color,
        },
      })),
    ],
    config: {
      font: 'Inter, Segoe UI, Helvetica, Arial, sans-serif',
      title: { fontSize: 14, fontWeight: 600, color: '#202124', subtitleColor: GREY },
      axis: {
        labelColor: GREY,
        titleColor: GREY,
        titleFontWeight: 'normal',
        gridColor: '#eceff1',
        domainColor: '#bdc1c6',
        tickColor: '#bdc1c6',
      },
      view: { stroke: null },
    },
  };
  return chartSvg(spec);
}

/** From the lowest smoothed loss to the highest before it, with a margin: where it breaks out would flatten all else. */
function lossDomain(points: readonly RangeCurvePoint[]): [number, number] {
  const losses = points.map(({ smoothed }) => smoothed);
  if (losses.length === 0) return [0, 1];
  const lowest = Math.min(...losses);
  const highest = Math.max(...losses.slice(0, losses.indexOf(lowest) + 1));
  const margin = Math.max(MARGIN * (highest - lowest), 0.05 * Math.abs(lowest));
  return [lowest - margin, highest + 2 * margin];
}

function formatRate(rate: number): string {
  return `${Number(rate.toPrecision(2))}`;
}
