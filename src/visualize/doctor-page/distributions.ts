/**
 * How images of the splits are spread, as histograms laid over one another, with the figures of the tests.
 */
import type { TopLevelSpec } from 'vega-lite';
import type { Comparison } from '../../data/doctor/examination.ts';
import type { Split } from '../../data/prepared.ts';
import { chartSvg } from '../chart-svg.ts';
import { type Html, html, trustedHtml } from '../html.ts';
import { figure, plural } from '../page/format.ts';
import { scrollingTable } from '../page/scrolling-table.ts';
import { createHistogram, type Histogram } from './histogram.ts';

/** Solid, dashed and dotted, so that they differ without colours, too; the page's style gives other colours in the dark. */
const LINES = {
  train: { color: '#0072b2', dash: [1, 0] },
  valid: { color: '#d55e00', dash: [6, 3] },
  test: { color: '#009e73', dash: [2, 2] },
} as const satisfies Record<Split, object>;

const SPLITS = Object.keys(LINES) as Split[];

/** Of the axis: areas and numbers of pixels span powers of ten. */
const LOGARITHMIC: Readonly<Record<Comparison['trait'], boolean>> = {
  buildings: false,
  area: true,
  brightness: false,
  pixels: true,
};

/** A histogram with its figures for each trait; figures alone where all values are equal. */
export async function distributionFigures(comparisons: readonly Comparison[]): Promise<Html> {
  const known = comparisons.filter(({ values }) => SPLITS.some((split) => values[split].length > 0));
  if (known.length === 0) return html`<p>There are no splits to compare.</p>`;
  const figures: Html[] = [];
  for (const comparison of known) figures.push(await distributionFigure(comparison));
  return html`<p class="legend">Share of a split’s values.
${SPLITS.map((split) => html`<span><svg viewBox="0 0 28 6" width="28" height="6" aria-hidden="true"><path d="M0 3H28" stroke="${LINES[split].color}" stroke-width="2.5" stroke-dasharray="${LINES[split].dash.join(' ')}"></path></svg> ${split}</span> `)}
KS: the largest distance of two cumulative distributions, 0–1.</p>
<div class="charts">${figures}</div>`;
}

async function distributionFigure(comparison: Comparison): Promise<Html> {
  const { title, trait } = comparison;
  const histogram = createHistogram(comparison.values, {
    logarithmic: LOGARITHMIC[trait],
    whole: trait === 'buildings',
  });
  const chart = histogram
    ? html`<div class="chart" role="img" aria-label="Histogram of ${title} by split; the table below has its figures">${trustedHtml(await chartSvg(chartSpec(comparison, histogram)))}</div>`
    : html``;
  return html`<figure class="distribution">
<figcaption>${title}</figcaption>
${chart}
${figuresTable(comparison)}
</figure>
`;
}

function chartSpec({ trait }: Comparison, { edges, shares }: Histogram): TopLevelSpec {
  const splits = SPLITS.filter((split) => shares[split].length > 0);
  // Up at the first edge, along the steps, down at the last one.
  const points = splits.flatMap((split) => [
    { split, x: edges[0]!, share: 0, i: -1 },
    ...edges.map((x, i) => ({ split, x, share: shares[split][i] ?? 0, i })),
  ]);
  const encoding = {
    x: {
      field: 'x',
      type: 'quantitative' as const,
      title: null,
      axis: { grid: false, tickCount: 6, format: LOGARITHMIC[trait] ? '~s' : '~g', labelOverlap: true },
      scale: {
        type: LOGARITHMIC[trait] ? ('log' as const) : ('linear' as const),
        domain: [edges[0]!, edges.at(-1)!],
        nice: false as const,
      },
    },
    y: {
      field: 'share',
      type: 'quantitative' as const,
      title: null,
      stack: null,
      axis: { format: '.0%', tickCount: 4, minExtent: 36 },
      scale: { nice: 4 },
    },
    color: {
      field: 'split',
      type: 'nominal' as const,
      legend: null,
      scale: { domain: splits, range: splits.map((split) => LINES[split].color) },
    },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 360,
    height: 170,
    padding: 4,
    background: 'transparent',
    data: { values: points },
    layer: [
      { mark: { type: 'area', interpolate: 'step-after', opacity: 0.1 }, encoding },
      {
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.8 },
        encoding: {
          ...encoding,
          order: { field: 'i', type: 'quantitative' },
          strokeDash: {
            field: 'split',
            type: 'nominal',
            legend: null,
            scale: { domain: splits, range: splits.map((split) => [...LINES[split].dash]) },
          },
        },
      },
    ],
    config: { aria: false, mark: { aria: false }, font: 'system-ui, sans-serif', view: { stroke: null } },
  };
}

function figuresTable({ title, values, tests }: Comparison): Html {
  const rows = SPLITS.filter((split) => values[split].length > 0).map((split) => {
    const sorted = [...values[split]].sort((a, b) => a - b);
    const at = (share: number) => figure(sorted[Math.round(share * (sorted.length - 1))]!);
    const test = tests.find((some) => some.split === split);
    const verdict = test
      ? html`<td>${test.statistic.toFixed(2)}</td><td>${probability(test.pValue)}</td><td>${test.differs ? html`<strong>differs</strong>` : 'alike'}</td>`
      : html`<td>–</td><td>–</td><td>–</td>`;
    return html`<tr><th scope="row">${split}</th><td>${plural(sorted.length)}</td><td>${at(0)}</td><td>${at(0.5)}</td><td>${at(1)}</td>${verdict}</tr>
`;
  });
  const names = ['values', 'lowest', 'median', 'highest', 'KS to train', 'p', 'verdict'];
  return scrollingTable(
    `Figures of ${title}`,
    html`<thead><tr><td></td>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows}</tbody>`,
  );
}

function probability(value: number): string {
  return value < 0.001 ? '< 0.001' : value.toFixed(3);
}
