/**
 * The data doctor's report as one HTML file that needs nothing else: figures, findings, distributions, and pictures of
 * the worst cases. It has no script, and forbids any.
 */
import type { Examination } from '../data/doctor/examination.ts';
import type { DoctorReport } from '../data/doctor/report.ts';
import { distributionFigures } from './doctor-page/distributions.ts';
import { findingsTable } from './doctor-page/findings-table.ts';
import { plural } from './doctor-page/format.ts';
import { gallery } from './doctor-page/gallery.ts';
import { splitColumns } from './doctor-page/split-columns.ts';
import { splitsTable } from './doctor-page/splits-table.ts';
import { PAGE_STYLE } from './doctor-page/style.ts';
import { type Html, html, htmlText, trustedHtml } from './html.ts';

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

/** Nothing may run or be fetched, whatever a name slipped in. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

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
  return htmlText(documentOf(source, body));
}

function documentOf(source: string, body: Html): Html {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Data doctor: ${source}</title>
<style>${trustedHtml(PAGE_STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`;
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
