import type { DoctorReport } from '../../data/doctor/report.ts';
import { type Html, html } from '../html.ts';
import { plural } from '../page/format.ts';
import { scrollingTable } from '../page/scrolling-table.ts';
import type { SplitColumn } from './split-columns.ts';

const TREATMENTS = [
  ['repaired', 'repaired'],
  ['dropped', 'left out'],
  ['none', 'left as is'],
] as const;

/** The kinds of findings that came up: what they mean, how many in each split, and what was done. */
export function findingsTable({ kinds }: DoctorReport, columns: readonly SplitColumn[]): Html {
  if (kinds.length === 0) return html`<p>Nothing.</p>`;
  const rows = kinds.map(
    ({
      kind,
      title,
      meaning,
      fault,
      splits,
      treatments,
    }) => html`<tr><th scope="row"><a href="#${kind}">${title}</a>
<span class="tag ${fault ? 'fault' : 'note'}">${fault ? 'fault' : 'note'}</span><p>${meaning}</p></th>
${columns.map(({ key }) => countCell(splits[key]))}${TREATMENTS.map(([treatment]) => countCell(treatments[treatment]))}</tr>
`,
  );
  const names = [...columns.map(({ title }) => title), ...TREATMENTS.map(([, title]) => title)];
  return scrollingTable(
    'Findings by kind',
    html`<thead><tr><th scope="col">Kind</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows}</tbody>`,
  );
}

function countCell(count: number): Html {
  return count === 0 ? html`<td class="none">–</td>` : html`<td>${plural(count)}</td>`;
}
