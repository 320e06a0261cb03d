/** For which buildings, and in which images, things go well or wrong. */
import type { BuildingFigures, GroupFigures } from '../../evaluate/groups.ts';
import {
  DENSITY_LIMITS,
  type DensityClass,
  GAP_LIMITS,
  type GapClass,
  SIZE_LIMITS,
  type SizeClass,
} from '../../evaluate/images/building-classes.ts';
import type { Metrics } from '../../evaluate/metrics.ts';
import { type Html, html } from '../html.ts';
import { plural } from '../page/format.ts';
import { scrollingTable } from '../page/scrolling-table.ts';
import { shareCell } from './share-cell.ts';

const SIZE_TITLES: Readonly<Record<SizeClass, string>> = {
  small: `small (≤ ${SIZE_LIMITS.small}² px)`,
  medium: `medium (≤ ${SIZE_LIMITS.medium}² px)`,
  large: 'large',
};

const GAP_TITLES: Readonly<Record<GapClass, string>> = {
  touching: `touching (≤ ${GAP_LIMITS.touching} px)`,
  near: `near (≤ ${GAP_LIMITS.near} px)`,
  apart: 'apart or alone',
};

const DENSITY_TITLES: Readonly<Record<DensityClass, string>> = {
  empty: 'empty',
  sparse: `sparse (< ${100 * DENSITY_LIMITS.sparse} %)`,
  medium: `medium (< ${100 * DENSITY_LIMITS.medium} %)`,
  dense: 'dense',
};

/** The largest are shown. */
const MOST_SOURCES = 30;

/** Tables by size, gap, density and source; the last one only where there are several sources. */
export function groupTables({ by_size, by_gap, by_density, by_source }: Metrics): Html {
  const sources = Object.entries(by_source).sort(
    ([a, ofA], [b, ofB]) => ofB.images - ofA.images || (a < b ? -1 : 1),
  );
  const left = sources.length - MOST_SOURCES;
  const bySource =
    sources.length < 2
      ? html``
      : html`<h3>By source</h3>
${groupTable('Images by source', sources.slice(0, MOST_SOURCES))}
${left > 0 ? html`<p class="where">${plural(left, 'more source')} in metrics.json.</p>` : html``}`;
  return html`<div class="tables">
<div><h3>By size of the building</h3>
${buildingTable('Buildings by size', titled(SIZE_TITLES, by_size))}</div>
<div><h3>By room to the next building</h3>
${buildingTable('Buildings by room to the next', titled(GAP_TITLES, by_gap))}</div>
</div>
<h3>By the built-up share of the image</h3>
${groupTable('Images by density', titled(DENSITY_TITLES, by_density))}
${bySource}`;
}

function titled<K extends string, F>(
  titles: Readonly<Record<K, string>>,
  figures: Record<K, F>,
): [string, F][] {
  return (Object.keys(titles) as K[]).map((key) => [titles[key], figures[key]]);
}

function buildingTable(caption: string, rows: readonly [string, BuildingFigures][]): Html {
  return table(
    caption,
    ['buildings', 'found', 'merged', 'split'],
    rows.map(
      ([title, figures]) =>
        html`<tr><th scope="row">${title}</th><td>${plural(figures.buildings)}</td>${shareCell(figures.recall)}${shareCell(figures.merged_rate)}${shareCell(figures.split_rate)}</tr>
`,
    ),
  );
}

const GROUP_COLUMNS = [
  ['mask mAP', 'mask_ap'],
  ['mask mAP50', 'mask_ap50'],
  ['precision', 'precision'],
  ['recall', 'recall'],
  ['F1', 'f1'],
  ['merged', 'merged_rate'],
  ['split', 'split_rate'],
] as const satisfies readonly (readonly [string, keyof GroupFigures])[];

function groupTable(caption: string, rows: readonly [string, GroupFigures][]): Html {
  return table(
    caption,
    ['images', 'buildings', 'detections', ...GROUP_COLUMNS.map(([name]) => name)],
    rows
      .filter(([, { images }]) => images > 0)
      .map(
        ([title, figures]) =>
          html`<tr><th scope="row">${title}</th><td>${plural(figures.images)}</td><td>${plural(figures.buildings)}</td><td>${plural(figures.detections)}</td>${GROUP_COLUMNS.map(([, key]) => shareCell(figures[key]))}</tr>
`,
      ),
  );
}

function table(caption: string, columns: readonly string[], rows: readonly Html[]): Html {
  return scrollingTable(
    caption,
    html`<thead><tr><td></td>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows}</tbody>`,
  );
}
