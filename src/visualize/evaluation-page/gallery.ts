/** The images, worst first: pictures, figures and what went wrong. */
import type { ImageFigures } from '../../evaluate/outcome/image-figures.ts';
import { type Html, html } from '../html.ts';
import { percent, plural } from '../page/format.ts';
import { errorNames } from './case-filter.ts';
import { ERROR_KINDS, type ErrorKind, errorsOf, type Mark, markOfError } from './error-kinds.ts';
import { markSample } from './mark-sample.ts';
import type { PageCase } from './page-case.ts';
import { casePanels } from './panels.ts';

/** Characters; a path may have thousands. */
const MOST_TEXT = 160;

/**
 * @param filter the controls that choose among the images
 * @param total images in all
 * @returns all before the first image
 */
export function galleryStart(filter: Html, cases: readonly PageCase[], total: number): Html {
  const hasCrowds = cases.some(({ image }) => image.truth.some(({ crowd }) => crowd));
  const shown = cases.length;
  const which =
    shown < total
      ? `the ${plural(shown)} of ${plural(total)} with the lowest panoptic quality`
      : 'all of them';
  return html`<section aria-labelledby="images"><h2 id="images">The images, worst first</h2>
<p>These are ${which}.</p>
${filter}<p class="legend"><span>${markSample('hit')} found</span> ${hasCrowds ? html`<span>${markSample('crowd')} not told apart: does not count</span>` : html``}
<label><input type="checkbox" id="show-hits" checked> show what was found</label> <label><input type="checkbox" id="show-outlines" checked> show outlines</label>
</p>
<p class="hint">A pointer upon an outline shows its overlap and score.</p>
<div class="cases">
`;
}

export const GALLERY_END: Html = html`</div>
</section>
`;

/** @param rank from 1 on */
export async function caseCard(one: PageCase, rank: number): Promise<Html> {
  const { image, outcome, figures, link } = one;
  const name = shortened(image.name);
  const where = [
    ...(image.origin === null ? [] : [shortened(image.origin)]),
    `${image.width} × ${image.height} px`,
  ];
  return html`<article class="case card" data-errors="${errorNames({ outcome })}">
<div class="head"><h3><span class="rank">${rank}</span> ${link === null ? name : html`<a href="${safeLink(link)}">${name}</a>`} <span class="where">${where.join(' · ')}</span></h3>
${figureList(figures)}</div>
<div class="head">${tally(one)}<label class="enlarge"><input type="checkbox"> enlarge</label></div>
${await casePanels(one, `p${rank}`)}</article>
`;
}

function figureList({ panoptic_quality, f1, iou }: ImageFigures): Html {
  const figures = [
    ['PQ', panoptic_quality],
    ['F1', f1],
    ['IoU', iou],
  ] as const;
  return html`<ul class="figures">${figures.map(([name, value]) => html`<li>${name} <b>${percent(value, 0)}</b></li>`)}</ul>`;
}

/** What was found, and what went wrong; errors that are rare only where there are some. */
const ALWAYS: ReadonlySet<ErrorKind> = new Set(['missed', 'background', 'merged', 'split']);

function tally({ outcome }: PageCase): Html {
  const errors = errorsOf(outcome);
  const hits = outcome.buildings.filter(({ kind }) => kind === 'hit').length;
  const counts = (Object.keys(ERROR_KINDS) as ErrorKind[])
    .map((kind) => [kind, errors.filter((error) => error.kind === kind).length] as const)
    .filter(([kind, count]) => count > 0 || ALWAYS.has(kind));
  return html`<ul class="tally">${tallyItem('hit', 'found', hits)}${counts.map(([kind, count]) => tallyItem(markOfError(kind), ERROR_KINDS[kind].title, count))}</ul>`;
}

function tallyItem(mark: Mark | null, title: string, count: number): Html {
  return html`<li${count === 0 ? html` class="none"` : html``}>${markSample(mark)} ${title} <b>${plural(count)}</b></li>`;
}

/** A name may look like an address elsewhere. */
function safeLink(path: string): string {
  return `./${path.split('/').map(encodeURIComponent).join('/')}`;
}

function shortened(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}
