/** What goes wrong, and how much each kind of error costs. */

import type { Metrics, SharedFigures } from '../../evaluate/metrics.ts';
import type { ErrorFigures } from '../../evaluate/tide/tide-figures.ts';
import { type Html, html } from '../html.ts';
import { percent, plural } from '../page/format.ts';
import { scrollingTable } from '../page/scrolling-table.ts';
import { percentage, shareCell } from './share-cell.ts';

const ERRORS: readonly { key: keyof ErrorFigures; title: string; meaning: string }[] = [
  { key: 'missed', title: 'Missed', meaning: 'Buildings without a detection of their own.' },
  { key: 'background', title: 'False alarm', meaning: 'Detections where there is no building (background).' },
  {
    key: 'localisation',
    title: 'Badly outlined',
    meaning: 'Building and detection overlap by 10 to 50 % only (localisation).',
  },
  {
    key: 'duplicate',
    title: 'Duplicate',
    meaning: 'A second detection of a building that another one has found.',
  },
  { key: 'class', title: 'Wrong category', meaning: 'A good outline of another category.' },
  { key: 'both', title: 'Wrong category and badly outlined', meaning: 'A bad outline of another category.' },
];

const TOTALS: typeof ERRORS = [
  {
    key: 'false_positive',
    title: 'All false positives',
    meaning: 'If no detection were wrong, of whatever kind.',
  },
  { key: 'false_negative', title: 'All false negatives', meaning: 'If no building were left unfound.' },
];

export function errorTables({ errors, mask, merged, split }: Metrics): Html {
  const own = ERRORS.filter(({ key }) => (key !== 'class' && key !== 'both') || (errors[key] ?? 0) > 0);
  const most = Math.max(0, ...[...own, ...TOTALS].map(({ key }) => errors[key] ?? 0));
  const row = ({ key, title, meaning }: (typeof ERRORS)[number]) =>
    html`<tr><th scope="row">${title}<p>${meaning}</p></th>${lossCell(errors[key], most)}</tr>
`;
  return html`<div class="tables">
<div><h3>What the errors cost</h3>
<p class="where">By how much mask AP50, ${percent(mask.ap50)}, would rise if all errors of one kind were mended and nothing else (TIDE; in points).</p>
${scrollingTable(
  'What the errors cost',
  html`<thead><tr><th scope="col">Error</th><th scope="col">AP50 lost</th></tr></thead>
<tbody>
${own.map(row)}</tbody>
<tbody>
${TOTALS.map(row)}</tbody>`,
)}</div>
<div><h3>Neighbours that share an outline</h3>
<p class="where">At the score threshold. These buildings may count as found or not; as single footprints they are wrong.</p>
${scrollingTable(
  'Merged and split buildings',
  html`<thead><tr><td></td><th scope="col">buildings</th><th scope="col">of all</th><th scope="col">detections</th></tr></thead>
<tbody>
${sharedRow('Merged', 'Two buildings or more in one detection.', merged)}${sharedRow('Split', 'One building in two detections or more.', split)}</tbody>`,
)}</div>
</div>`;
}

/** Bars are drawn to the scale of the largest. */
function lossCell(loss: number | null, most: number): Html {
  if (loss === null) return html`<td class="none">–</td>`;
  const share = most > 0 ? loss / most : 0;
  return html`<td class="share wide" style="--share:${percentage(share)}">${(100 * loss).toFixed(1)}</td>`;
}

function sharedRow(title: string, meaning: string, { buildings, detections, rate }: SharedFigures): Html {
  return html`<tr><th scope="row">${title}<p>${meaning}</p></th><td>${plural(buildings)}</td>${shareCell(rate)}<td>${plural(detections)}</td></tr>
`;
}
