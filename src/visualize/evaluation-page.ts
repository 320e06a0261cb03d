/**
 * What an evaluation has found, as one HTML file that needs nothing else: figures, curves, what goes wrong and where, and
 * the images, worst first, with all that was found and missed. It has no script, and forbids any.
 */
import type { Curves, Metrics } from '../evaluate/metrics.ts';
import { caseFilter } from './evaluation-page/case-filter.ts';
import { evaluationCharts, trainingCharts } from './evaluation-page/curve-charts.ts';
import { errorTables } from './evaluation-page/error-tables.ts';
import { caseCard, GALLERY_END, galleryStart } from './evaluation-page/gallery.ts';
import { groupTables } from './evaluation-page/group-tables.ts';
import { headlineCards } from './evaluation-page/headline.ts';
import type { PageCase } from './evaluation-page/page-case.ts';
import { EVALUATION_STYLE } from './evaluation-page/style.ts';
import { type Html, html, htmlText } from './html.ts';
import { DOCUMENT_END, documentStart } from './page/document.ts';
import { percent, plural } from './page/format.ts';
import type { HistoryRow } from './training-history.ts';

/** What the page shows. */
export interface EvaluationPage {
  title: string;
  /** What was evaluated, on one line. */
  subtitle: string;
  metrics: Metrics;
  curves: Curves;
  /** Rows of `history.json`; null where the training is not known. */
  history: readonly HistoryRow[] | null;
  /** In the order of the gallery. */
  cases: readonly PageCase[];
}

/** Tells whose page it is, among its first 1000 bytes. */
const MARK = html`<meta name="generator" content="aerial evaluation">
`;

/** Whether this program wrote the page that begins so. */
export function isEvaluationPage(beginning: string): boolean {
  return beginning.startsWith('<!DOCTYPE html>') && beginning.includes(htmlText(MARK));
}

/** Images: their pictures are scaled at the same time. */
const AT_ONCE = 8;

/**
 * Some 50 kB an image of the gallery, few of them in memory. The same input gives the same bytes.
 * @returns the pieces of an HTML document, one after the other
 */
export async function* evaluationPage(page: EvaluationPage): AsyncGenerator<string> {
  const { title, metrics, cases } = page;
  const filter = caseFilter(cases);
  yield htmlText(documentStart(title, EVALUATION_STYLE + filter.style, MARK));
  yield htmlText(await overview(page));
  if (cases.length > 0) {
    yield htmlText(galleryStart(filter.controls, cases, metrics.images));
    for (let first = 0; first < cases.length; first += AT_ONCE) {
      const some = cases.slice(first, first + AT_ONCE);
      const cards = await Promise.all(some.map((one, i) => caseCard(one, first + i + 1)));
      yield* cards.map(htmlText);
    }
    yield htmlText(GALLERY_END);
  }
  yield htmlText(html`</main>
<footer><p>Beside this page: every figure in metrics.json, the curves in curves.json, a row for each image in images.csv, and for each building and each wrong detection in buildings.csv.</p></footer>${DOCUMENT_END}`);
}

/** All but the images. */
async function overview({ title, subtitle, metrics, curves, history, cases }: EvaluationPage): Promise<Html> {
  const hasHistory = history !== null && history.length > 0;
  const sections = [
    ['figures', 'Figures'],
    ['curves', 'Curves'],
    ['errors', 'What goes wrong'],
    ['groups', 'Where'],
    ...(hasHistory ? [['training', 'Training']] : []),
    ...(cases.length > 0 ? [['images', 'Images']] : []),
  ] as [string, string][];
  return html`<header>
<h1>${title}</h1>
<p class="source">${subtitle}</p>
<p class="verdict">${verdict(metrics)}</p>
<nav aria-label="Sections">${sections.map(([id, name]) => html`<a href="#${id}">${name}</a> `)}</nav>
</header>
<main>
<section aria-labelledby="figures"><h2 id="figures">Figures</h2>
${headlineCards(metrics)}</section>
<section aria-labelledby="curves"><h2 id="curves">Curves</h2>
${await evaluationCharts(curves, metrics)}
</section>
<section aria-labelledby="errors"><h2 id="errors">What goes wrong</h2>
${errorTables(metrics)}
</section>
<section aria-labelledby="groups"><h2 id="groups">Where it goes well and where wrong</h2>
${groupTables(metrics)}
</section>
${
  hasHistory
    ? html`<section aria-labelledby="training"><h2 id="training">Training</h2>
${await trainingCharts(history)}
</section>
`
    : html``
}`;
}

function verdict(metrics: Metrics): Html {
  const { images, buildings, detections, recall, precision, merged, score_threshold } = metrics;
  const set = html`<strong>${plural(buildings, 'building')}</strong> in ${plural(images, 'image')}`;
  const threshold = `Detections count from a score of ${score_threshold.toFixed(2)} on.`;
  if (recall === null) return html`${set}: ${plural(detections, 'detection')}. ${threshold}`;
  const right =
    precision === null
      ? 'nothing was detected'
      : `${percent(precision)} of the ${plural(detections, 'detection')} are right`;
  return html`${set}: <strong>${percent(recall)}</strong> were found, ${right}, and ${percent(merged.rate)} share an outline with a neighbour. ${threshold}`;
}
