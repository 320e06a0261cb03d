import type { SourceImage } from '../../data/doctor/source-image.ts';
import { type Html, html } from '../html.ts';
import { figure, plural, withShare } from '../page/format.ts';
import { scrollingTable } from '../page/scrolling-table.ts';
import { columnOf, type SplitColumn } from './split-columns.ts';

/** Headline figures of the images that are left, one column for each split. */
export function splitsTable(images: readonly SourceImage[], columns: readonly SplitColumn[]): Html {
  if (images.length === 0) return html`<p>No image is left.</p>`;
  const shown = columns
    .map(({ key, title }) => ({ title, images: images.filter(({ split }) => columnOf(split) === key) }))
    .filter((column) => column.images.length > 0);
  const rows = ROWS.map(
    ([title, value]) =>
      html`<tr><th scope="row">${title}</th>${shown.map((column) => html`<td>${value(column.images)}</td>`)}</tr>
`,
  );
  return scrollingTable(
    'The splits',
    html`<thead><tr><td></td>${shown.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${rows}</tbody>`,
  );
}

type Images = readonly SourceImage[];

const ROWS: readonly (readonly [title: string, value: (images: Images) => string])[] = [
  ['Images', (images) => plural(images.length)],
  ['Buildings', (images) => plural(sum(buildingCounts(images)))],
  [
    'Images without buildings',
    (images) => withShare(buildingCounts(images).filter((count) => count === 0).length, images.length),
  ],
  ['Buildings per image, mean', (images) => figure(sum(buildingCounts(images)) / images.length)],
  ['Buildings per image, most', (images) => plural(largest(buildingCounts(images)))],
  ['Area of a building, median', medianArea],
  ['Brightness, mean', (images) => figure(sum(images.map(({ facts }) => facts.brightness)) / images.length)],
  [
    'Sizes in pixels',
    (images) =>
      commonest(
        images.map(({ width, height }) => `${width}\u00a0×\u00a0${height}`),
        'size',
      ),
  ],
  [
    'Origins',
    (images) =>
      commonest(
        images.map(({ origin }) => origin),
        'origin',
      ),
  ],
];

function buildingCounts(images: Images): number[] {
  return images.map(({ buildings }) => buildings.length);
}

function medianArea(images: Images): string {
  const areas = images.flatMap(({ buildings }) => buildings.map(({ area }) => area)).sort((a, b) => a - b);
  return areas.length === 0 ? '–' : `${figure(areas[Math.floor(areas.length / 2)]!)}\u00a0px²`;
}

/** More are only counted. */
const MOST_NAMED = 3;

/** @returns "256 × 256 (90), 500 × 500 (10)"; counts only where there are several */
function commonest(values: readonly string[], noun: string): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size === 1) return values[0]!;
  const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  const named = ranked.slice(0, MOST_NAMED).map(([value, count]) => `${value} (${plural(count)})`);
  const rest = ranked.length - named.length;
  return [...named, ...(rest > 0 ? [`${plural(rest, `more ${noun}`)}`] : [])].join(', ');
}

/** Not by spread: a list of all images may be too long for the arguments of a call. */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
