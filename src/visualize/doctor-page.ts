/**
 * The data doctor's report as one HTML file that needs nothing else: figures, findings, distributions, and pictures of
 * the worst cases. It has no script, and forbids any.
 */
import type { Examination } from '../data/doctor/examination.ts';
import type { DoctorReport } from '../data/doctor/report.ts';
import { distributionFigures } from './doctor-page/distributions.ts';
import { findingsTable } from './doctor-page/findings-table.ts';
import { gallery } from './doctor-page/gallery.ts';
import { splitColumns } from './doctor-page/split-columns.ts';
import { splitsTable } from './doctor-page/splits-table.ts';
import { DOCTOR_STYLE } from './doctor-page/style.ts';
import { type Html, html, htmlText } from './html.ts';
import { DOCUMENT_END, documentStart } from './page/document.ts';
import { plural } from './page/format.ts';

/** What the page shows. */
export interface DoctorPage {
  /** Where the images came from, on one line. */
  source: string;
  report: DoctorReport;
  /** Those that are left. */
  images: Examination['images'];
  /** Those to look at: the first of each kind are shown. */
  cases: Examination['cases'];
}

/**
 * Pictures are few, small and of bounded size: the page stays below 10 MB for any number of images. The same input gives
 * the same bytes.
 * @returns an HTML document
 */
export async function doctorPage(page: DoctorPage): Promise<string> {
  const { source, report, images } = page;
  const columns = splitColumns(report);
  const body = html`<header>
<h1>Data doctor</h1>
<p class="source">${source}</p>
<p class="verdict">${verdict(report)}</p>
</header>
<main>
<section aria-labelledby="splits"><h2 id="splits">What there is</h2>
${splitsTable(images, columns)}
</section>
<section aria-labelledby="findings"><h2 id="findings">What was found</h2>
${findingsTable(report, columns)}
</section>
<section aria-labelledby="distributions"><h2 id="distributions">How the splits compare</h2>
${await distributionFigures(report.comparisons)}
</section>
${await gallery(page, columns)}
</main>
<footer><p>Every finding, word by word: findings.json, beside this page.</p></footer>`;
  return htmlText(html`${documentStart(`Data doctor: ${source}`, DOCTOR_STYLE)}${body}${DOCUMENT_END}`);
}

function verdict({ kinds, faults }: DoctorReport): Html {
  const total = (of: (kind: DoctorReport['kinds'][number]) => number) =>
    kinds.reduce((sum, kind) => sum + of(kind), 0);
  const findings = total(({ count }) => count);
  if (findings === 0) return html`Nothing was found.`;
  const treated = [
    [total(({ treatments }) => treatments.repaired), 'repaired'],
    [total(({ treatments }) => treatments.dropped), 'left out'],
    [total(({ treatments }) => treatments.none), 'left as they are'],
  ] as const;
  const parts = treated.filter(([count]) => count > 0).map(([count, what]) => `${plural(count)} ${what}`);
  return html`<strong>${plural(findings, 'finding')}</strong> of ${plural(kinds.length, 'kind')}: ${parts.join(', ')}.
${faults === 0 ? 'None of them is a fault.' : `${plural(faults)} of them ${faults === 1 ? 'is a fault' : 'are faults'}; the rest is worth knowing.`}`;
}
