/** A chart of lines over numbers, the same for all that the page draws. */
import type { TopLevelSpec } from 'vega-lite';
import { chartSvg } from '../chart-svg.ts';
import { type Html, html, trustedHtml } from '../html.ts';

/** Okabe and Ito's, which people with any colour vision tell apart (https://jfly.uni-koeln.de/color/); lines differ by dashes, too. */
const LINES = [
  { color: '#0072b2', dash: [1, 0] },
  { color: '#d55e00', dash: [6, 3] },
  { color: '#009e73', dash: [2, 2] },
  { color: '#cc79a7', dash: [8, 2, 2, 2] },
] as const;

interface Axis {
  title: string;
  domain?: [number, number];
  /** Of d3; percent when left out. */
  format?: string;
  /** Whole numbers only. */
  whole?: boolean;
}

/** A null breaks the line. */
interface Point {
  x: number;
  y: number | null;
}

export interface LineChart {
  title: string;
  /** How to read it, in a sentence. */
  meaning: string;
  x: Axis;
  y: Axis;
  /** Four at most. */
  series: readonly { name: string; points: readonly Point[]; dots?: boolean }[];
  /** A vertical line with a text. */
  marker?: { x: number; text: string };
  /** Vertical lines without one. */
  borders?: readonly number[];
  /** A faint line of x = y. */
  diagonal?: boolean;
}

/** @returns a figure; only words where no series has a point */
export async function lineChart(chart: LineChart): Promise<Html> {
  const { title, meaning, series } = chart;
  const drawn = series.filter(({ points }) => points.some(({ y }) => y !== null));
  const picture =
    drawn.length === 0
      ? html`<p class="where">Nothing to draw.</p>`
      : html`<div class="chart" role="img" aria-label="${title}: ${meaning}">${trustedHtml(await chartSvg(chartSpec({ ...chart, series: drawn })))}</div>`;
  return html`<figure class="plot"><figcaption><b>${title}</b> ${meaning}</figcaption>
${picture}</figure>
`;
}

function chartSpec(chart: LineChart): TopLevelSpec {
  const { marker, borders = [], diagonal } = chart;
  const rules = [...(marker ? [marker.x] : []), ...borders];
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 350,
    height: 250,
    autosize: { type: 'fit', contains: 'padding' },
    padding: 4,
    background: 'transparent',
    layer: [
      ...(diagonal ? [diagonalLayer(chart)] : []),
      ...(rules.length > 0 ? [ruleLayer(chart, rules)] : []),
      lineLayer(chart),
      ...(marker ? [textLayer(chart, marker)] : []),
    ],
    config: {
      aria: false,
      mark: { aria: false },
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      axis: { titleFontWeight: 'normal', labelFontSize: 11, titleFontSize: 12 },
      legend: { labelFontSize: 12, symbolStrokeWidth: 2.5, symbolSize: 350, columnPadding: 12 },
    },
  };
}

function lineLayer({ series, ...chart }: LineChart) {
  const names = series.map(({ name }) => name);
  const lines = LINES.slice(0, names.length);
  const values = series.flatMap(({ name, points }) =>
    points.map(({ x, y }, i) => ({ series: name, x, y, i })),
  );
  // One legend of both: they are merged where they are alike.
  const legend =
    names.length > 1
      ? {
          title: null,
          orient: 'top' as const,
          symbolType: 'stroke' as const,
          columns: names.length > 3 ? 2 : names.length,
        }
      : null;
  const dotted = series.some(({ dots }) => dots);
  return {
    data: { values },
    mark: {
      type: 'line' as const,
      strokeWidth: 2,
      invalid: 'break-paths-show-domains' as const,
      ...(dotted && { point: { size: 30, filled: true } }),
    },
    encoding: {
      ...axes(chart),
      order: { field: 'i', type: 'quantitative' as const },
      color: {
        field: 'series',
        type: 'nominal' as const,
        scale: { domain: names, range: lines.map(({ color }) => color) },
        legend,
      },
      strokeDash: {
        field: 'series',
        type: 'nominal' as const,
        scale: { domain: names, range: lines.map(({ dash }) => [...dash]) },
        legend,
      },
    },
  };
}

function axes({ x, y }: Pick<LineChart, 'x' | 'y'>) {
  const channel = (field: 'x' | 'y', { title, domain, format = '.0%', whole }: Axis) => ({
    field,
    type: 'quantitative' as const,
    title,
    axis: {
      format,
      grid: field === 'y',
      tickCount: 5,
      ...(whole && { tickMinStep: 1 }),
      ...(field === 'y' && { minExtent: 34 }),
    },
    scale: domain ? { domain, nice: false as const } : { zero: field === 'y' },
  });
  return { x: channel('x', x), y: channel('y', y) };
}

function diagonalLayer(chart: LineChart) {
  return {
    data: {
      values: [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
    },
    mark: { type: 'line' as const, stroke: '#888888', strokeWidth: 1, strokeDash: [3, 3] },
    encoding: axes(chart),
  };
}

function ruleLayer(chart: LineChart, at: readonly number[]) {
  return {
    data: { values: at.map((x) => ({ x })) },
    mark: { type: 'rule' as const, stroke: '#888888', strokeWidth: 1.5, strokeDash: [4, 3] },
    encoding: { x: axes(chart).x },
  };
}

/** At the foot, on the side of the line where there is more room. */
function textLayer(chart: LineChart, { x, text }: { x: number; text: string }) {
  const [low, high] = chart.x.domain ?? [0, 1];
  const isRight = x > (low + high) / 2;
  return {
    data: { values: [{ x }] },
    mark: {
      type: 'text' as const,
      text,
      align: isRight ? ('right' as const) : ('left' as const),
      dx: isRight ? -6 : 6,
      y: { expr: 'height - 10' },
      fontSize: 12,
    },
    encoding: { x: axes(chart).x },
  };
}
