/** The figures that a reader asks for first: each with its 95 % interval and what it says. */
import type { Interval } from '../../evaluate/intervals/bootstrap.ts';
import type { IntervalKey } from '../../evaluate/intervals/headline-figures.ts';
import type { Metrics } from '../../evaluate/metrics.ts';
import { type Html, html } from '../html.ts';
import { percent } from '../page/format.ts';

interface Headline {
  key: IntervalKey;
  title: string;
  value: (metrics: Metrics) => number | null;
  meaning: string;
}

const GROUPS: readonly { title: string; note: string; figures: readonly Headline[] }[] = [
  {
    title: 'Buildings found',
    note: 'A building counts as found where a detection and it overlap by half or more (IoU ≥ 50 %).',
    figures: [
      {
        key: 'recall',
        title: 'Recall',
        value: ({ recall }) => recall,
        meaning: 'Share of the buildings that were found.',
      },
      {
        key: 'precision',
        title: 'Precision',
        value: ({ precision }) => precision,
        meaning: 'Share of the detections that are a building.',
      },
      {
        key: 'f1',
        title: 'F1',
        value: ({ f1 }) => f1,
        meaning: 'Both in one figure, which is high only where both are.',
      },
      {
        key: 'panoptic_quality',
        title: 'Panoptic quality',
        value: ({ panoptic_quality }) => panoptic_quality,
        meaning: 'F1 times how well the found ones are outlined.',
      },
    ],
  },
  {
    title: 'Average precision',
    note: 'Over all scores and, for mAP, over ten overlaps from 50 to 95 %: what models are compared by.',
    figures: [
      {
        key: 'mask_ap',
        title: 'Mask mAP',
        value: ({ mask }) => mask.ap,
        meaning: 'Outlines, judged from lenient to strict.',
      },
      {
        key: 'mask_ap50',
        title: 'Mask mAP50',
        value: ({ mask }) => mask.ap50,
        meaning: 'Outlines, where half an overlap will do.',
      },
      {
        key: 'boundary_ap',
        title: 'Boundary mAP',
        value: ({ boundary }) => boundary.ap,
        meaning: 'Outlines whose rims overlap as well: are edges and corners right?',
      },
      {
        key: 'box_ap',
        title: 'Box mAP',
        value: ({ box }) => box.ap,
        meaning: 'Bounding boxes: place and size, no outline.',
      },
    ],
  },
  {
    title: 'Built-up area and neighbours',
    note: 'Area is of all buildings of an image together; shared outlines are the trouble of dense towns.',
    figures: [
      {
        key: 'iou',
        title: 'IoU',
        value: ({ iou }) => iou,
        meaning: 'Area in both, as a share of the area in either.',
      },
      {
        key: 'dice',
        title: 'Dice',
        value: ({ dice }) => dice,
        meaning: 'The same on a milder scale, never below IoU.',
      },
      {
        key: 'merged_rate',
        title: 'Merged',
        value: ({ merged }) => merged.rate,
        meaning: 'Buildings in one outline with a neighbour; lower is better.',
      },
      {
        key: 'split_rate',
        title: 'Split',
        value: ({ split }) => split.rate,
        meaning: 'Buildings cut into several outlines; lower is better.',
      },
    ],
  },
];

export function headlineCards(metrics: Metrics): Html {
  const groups = GROUPS.map(
    ({ title, note, figures }) => html`<h3>${title}</h3>
<p class="where">${note}</p>
<dl class="headlines">
${figures.map((headline) => headlineCard(headline, metrics))}</dl>
`,
  );
  const explanation = metrics.intervals
    ? html`<p class="where">The bar shows the 95 % interval: how far the figure may be off because only these ${metrics.images} images were looked at (bootstrap over images).</p>
`
    : html``;
  return html`${explanation}${groups}`;
}

function headlineCard({ key, title, value, meaning }: Headline, metrics: Metrics): Html {
  const [share, interval] = [value(metrics), metrics.intervals?.[key] ?? null];
  return html`<div class="card"><dt>${title}</dt>
<dd><span class="value">${percent(share)}</span> ${interval ? html`<span class="where">${intervalText(interval)}</span>` : html``}
${share === null ? html`` : scale(share, interval)}<p>${share === null ? 'There is nothing to measure it on.' : meaning}</p></dd></div>
`;
}

function intervalText({ low, high }: Interval): string {
  return `${(100 * low).toFixed(1)}–${percent(high)}`;
}

/** From 0 to 100 %: the interval as a bar, the figure as a tick. */
function scale(share: number, interval: Interval | null): Html {
  const at = (value: number) => (100 * value).toFixed(1);
  const bar = interval
    ? html`<rect x="${at(interval.low)}%" width="${at(interval.high - interval.low)}%" y="3" height="6" rx="3"></rect>`
    : html``;
  return html`<svg class="scale" width="100%" height="12" aria-hidden="true"><line x1="0" x2="100%" y1="6" y2="6"></line>${bar}<line class="tick" x1="${at(share)}%" x2="${at(share)}%" y1="0" y2="12"></line></svg>
`;
}
