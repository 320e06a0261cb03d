/**
 * Which images of the gallery are shown: a table of kinds and sizes of errors, whose cells count them and are radio
 * buttons. The page's style does the rest, by `:has`.
 */

import { SIZE_CLASSES } from '../../evaluate/images/building-classes.ts';
import { type Html, html } from '../html.ts';
import { plural } from '../page/format.ts';
import { scrollingTable } from '../page/scrolling-table.ts';
import { ERROR_KINDS, type ErrorKind, errorsOf, markOfError } from './error-kinds.ts';
import { markSample } from './mark-sample.ts';
import type { PageCase } from './page-case.ts';

/** A cell of the table: errors of a kind, of one size or of all. Its name is a word, for style sheet and attributes. */
interface Cell {
  name: string;
  /** What it shows, in words. */
  text: string;
  errors: number;
  images: number;
}

const COLUMNS = ['all', ...SIZE_CLASSES] as const;

interface Row {
  kind: ErrorKind;
  cells: Cell[];
}

/** Those with a title add up to it; a building may be both merged and split. */
const GROUPS: readonly { title: string | null; kinds: readonly ErrorKind[] }[] = [
  { title: 'Buildings not found', kinds: ['missed', 'localisation', 'class'] },
  { title: 'Other wrong detections', kinds: ['background', 'duplicate', 'surplus'] },
  { title: null, kinds: ['merged', 'split'] },
];

/** Most sets have but one category, and few detections that are no better than these. */
const ONLY_WHERE_ANY: ReadonlySet<ErrorKind> = new Set(['class', 'surplus']);

export interface CaseFilter {
  /** The table, and what says how many images are left. */
  controls: Html;
  /** CSS. */
  style: string;
}

export function caseFilter(cases: readonly PageCase[]): CaseFilter {
  const rows = countErrors(cases);
  const cells = rows.flatMap((row) => row.cells);
  const rules = cells.map(
    ({ name }) =>
      `body:has(#show-${name}:checked) .case:not([data-errors~="${name}"]){display:none}body:has(#show-${name}:checked) #left-${name}{display:block}`,
  );
  const left = cells.map(
    ({ name, text, errors, images }) =>
      html`<p class="left" id="left-${name}">${images === 0 ? `Nothing to show: no image here has “${text}”.` : `${plural(images, 'image')} with ${plural(errors)} × “${text}”.`}</p>
`,
  );
  return {
    controls: html`<div class="filter">
<p>A cell counts the errors of a kind and a size here; choose one to see only the images that have such errors.
Each building that was not found counts once; so does each wrong detection, unless it is the one for which a building above counts as badly outlined or of the wrong category. Merged and split buildings may have been found or not.</p>
${filterTable(rows, cases.length)}
<div class="lefts" role="status">
<p class="left" id="left-everything">All ${plural(cases.length, 'image')}.</p>
${left}</div>
</div>
`,
    style: `body:has(#show-everything:checked) #left-everything{display:block}${rules.join('\n')}\n`,
  };
}

/** @returns names of the cells that an image belongs to, parted by spaces */
export function errorNames({ outcome }: Pick<PageCase, 'outcome'>): string {
  const names = errorsOf(outcome).flatMap(({ kind, size }) => [`${kind}-all`, `${kind}-${size}`]);
  return [...new Set(names)].join(' ');
}

function countErrors(cases: readonly PageCase[]): Row[] {
  const rows = (Object.keys(ERROR_KINDS) as ErrorKind[]).map((kind): Row => {
    const text = (column: string) =>
      column === 'all' ? ERROR_KINDS[kind].title : `${ERROR_KINDS[kind].title}, ${column}`;
    const cells = COLUMNS.map((column) => ({
      name: `${kind}-${column}`,
      text: text(column),
      errors: 0,
      images: 0,
    }));
    return { kind, cells };
  });
  const byName = new Map(rows.flatMap(({ cells }) => cells.map((cell) => [cell.name, cell])));
  for (const { outcome } of cases) {
    const errors = errorsOf(outcome);
    for (const { kind, size } of errors) {
      byName.get(`${kind}-all`)!.errors++;
      byName.get(`${kind}-${size}`)!.errors++;
    }
    for (const name of errorNames({ outcome }).split(' ')) {
      const cell = byName.get(name);
      if (cell) cell.images++;
    }
  }
  return rows.filter(({ kind, cells }) => !ONLY_WHERE_ANY.has(kind) || cells[0]!.errors > 0);
}

function filterTable(rows: readonly Row[], images: number): Html {
  const most = Math.max(1, ...rows.flatMap(({ cells }) => cells.map(({ errors }) => errors)));
  return scrollingTable(
    'Show images by their errors',
    html`<thead><tr><th scope="col">Error</th>${COLUMNS.map((column) => html`<th scope="col">${column === 'all' ? 'all sizes' : column}</th>`)}</tr></thead>
<tbody class="choices">
<tr><th scope="row">all images</th><td colspan="${COLUMNS.length}"><label><input type="radio" name="show" id="show-everything" checked aria-label="all images"><span>${plural(images)}</span></label></td></tr>
</tbody>
${GROUPS.map(({ title, kinds }) => {
  const own = rows.filter(({ kind }) => kinds.includes(kind));
  return html`<tbody class="choices">
${title === null ? html`` : sumRow(title, own)}${own.map((row) => choiceRow(row, most))}</tbody>
`;
})}`,
  );
}

function sumRow(title: string, rows: readonly Row[]): Html {
  const sums = COLUMNS.map((_, column) => rows.reduce((sum, { cells }) => sum + cells[column]!.errors, 0));
  return html`<tr><th scope="row" class="sum">${title}</th>${sums.map((sum) => html`<td>${plural(sum)}</td>`)}</tr>
`;
}

function choiceRow({ kind, cells }: Row, most: number): Html {
  const { title, meaning } = ERROR_KINDS[kind];
  return html`<tr><th scope="row">${markSample(markOfError(kind))} ${title}<p>${meaning}</p></th>${cells.map((cell) => choice(cell, most))}</tr>
`;
}

/** The more errors, the stronger the cell; by the root, as few are worth a look, too. */
function choice({ name, text, errors, images }: Cell, most: number): Html {
  const strength = Math.sqrt(errors / most).toFixed(2);
  return html`<td><label class="${errors === 0 ? 'none' : 'some'}" style="--strength:${strength}"><input type="radio" name="show" id="show-${name}" aria-label="${text}: ${errors} in ${plural(images, 'image')}"><span>${plural(errors)}</span></label></td>`;
}
