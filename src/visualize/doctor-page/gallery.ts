/**
 * The worst cases of each kind of finding: pictures with outlines, and all findings in words as far as there is room.
 */
import type { FaultCase } from '../../data/doctor/examination.ts';
import type { DoctorReport, KindSummary } from '../../data/doctor/report.ts';
import type { SourceImage } from '../../data/doctor/source-image.ts';
import type { Finding, Treatment } from '../../data/findings.ts';
import { type Html, html } from '../html.ts';
import { plural } from '../page/format.ts';
import { casePanels } from './case-panels.ts';
import { columnOf, type SplitColumn } from './split-columns.ts';

/** Of each kind; with the limits of `case-panels.ts` and `thumbnail.ts` this bounds the page's size. */
const MOST_CASES = 6;
const MOST_IN_WORDS = 40;
/** Characters; a path may have thousands. */
const MOST_TEXT = 160;

const TREATMENTS: Readonly<Record<Treatment, string>> = {
  repaired: 'repaired',
  dropped: 'left out',
  none: 'left as is',
};

interface GalleryInput {
  report: DoctorReport;
  images: readonly SourceImage[];
  cases: readonly FaultCase[];
}

/** One section for each kind that came up, and what to filter them by. */
export async function gallery(input: GalleryInput, columns: readonly SplitColumn[]): Promise<Html> {
  const { report, images, cases } = input;
  if (report.kinds.length === 0) return html``;
  const byFile = new Map(images.map((image) => [image.file, image]));
  const sections: Html[] = [];
  for (const kind of report.kinds) {
    const shown = cases.filter(({ finding }) => finding.kind === kind.kind).slice(0, MOST_CASES);
    const findings = report.findings.filter((finding) => finding.kind === kind.kind);
    sections.push(await kindSection(kind, { shown, findings, byFile }));
  }
  return html`<section aria-labelledby="cases"><h2 id="cases">The worst of each kind</h2>
${filters(columns)}
${sections}</section>`;
}

/** Works by the page's style alone: `:has` hides what is not of the chosen split. */
function filters(columns: readonly SplitColumn[]): Html {
  const choices = columns.length < 2 ? [] : [{ key: 'all', title: 'all' }, ...columns];
  const radios = choices.map(
    ({ key, title }, i) =>
      html`<label><input type="radio" name="split" id="show-${key}"${i === 0 ? html` checked` : html``}> ${title}</label>
`,
  );
  const fieldset = html`<fieldset><legend>Split</legend>
${radios}</fieldset>
`;
  return html`<div class="filters">
${choices.length > 0 ? fieldset : html``}<label><input type="checkbox" id="show-outlines" checked> outlines</label>
<p class="key"><span class="swatch faulty"></span> as it was read <span class="swatch mended"></span> as it is kept <span class="swatch others"></span> other buildings of the image <span class="swatch beyond"></span> outside the image</p>
</div>`;
}

async function kindSection(
  { kind, title, meaning, count }: KindSummary,
  { shown, findings, byFile }: { shown: FaultCase[]; findings: Finding[]; byFile: Map<string, SourceImage> },
): Promise<Html> {
  const cards = await Promise.all(
    shown.map(async (fault, i) => {
      const others = byFile.get(fault.picture.file)?.buildings ?? [];
      return card(fault, await casePanels(fault, others, `${kind}-${i}`));
    }),
  );
  return html`<section class="kind" aria-labelledby="${kind}"><h3 id="${kind}">${title} <span class="count">${plural(count)}</span></h3>
<p>${meaning}</p>
${cards.length > 0 ? html`<div class="cards">${cards}</div>\n` : html``}${inWords(findings, cards.length === 0)}
</section>
`;
}

function card({ finding }: FaultCase, panels: Html): Html {
  return html`<article class="card" data-split="${columnOf(finding.split)}">
${panels}
<p>${place(finding)}</p>
<p>${shortened(finding.detail)} <span class="tag ${finding.treatment}">${TREATMENTS[finding.treatment]}</span></p>
</article>
`;
}

function inWords(findings: readonly Finding[], isOpen: boolean): Html {
  const listed = findings.slice(0, MOST_IN_WORDS);
  const items = listed.map(
    (
      finding,
    ) => html`<li data-split="${columnOf(finding.split)}">${place(finding)}: ${shortened(finding.detail)} – ${TREATMENTS[finding.treatment]}</li>
`,
  );
  const summary =
    listed.length === findings.length
      ? `In words (${plural(listed.length)})`
      : `In words (the first ${listed.length} of ${plural(findings.length)})`;
  return html`<details${isOpen ? html` open` : html``}><summary>${summary}</summary><ul>
${items}</ul></details>`;
}

function place({ split, origin, image, entry }: Finding): Html {
  const where = [split, origin, entry].filter((part) => part !== null).map(shortened);
  return html`<b>${shortened(image ?? '')}</b> <span class="where">${where.join(' · ')}</span>`;
}

function shortened(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}
