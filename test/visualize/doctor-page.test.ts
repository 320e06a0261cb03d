import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { outlineOf } from '../../src/data/doctor/building-outline.ts';
import type { Comparison } from '../../src/data/doctor/examination.ts';
import { FINDING_KINDS, type FindingKind } from '../../src/data/findings.ts';
import { createRandom } from '../../src/system/random.ts';
import { doctorPage } from '../../src/visualize/doctor-page.ts';
import {
  examinationOf,
  faultCase,
  finding,
  pageOf,
  pictureOf,
  soundImage,
} from '../support/doctor-examination.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

const comparison: Comparison = {
  trait: 'buildings',
  title: 'buildings per image',
  values: { train: [0, 1, 2, 3, 4, 5], valid: [2, 2, 3], test: [] },
  tests: [{ split: 'valid', statistic: 0.5, pValue: 0.0004, differs: true }],
};

/** Texts of the cells, row by row, of the table with this caption. */
function cellsOf(page: string, caption: string): string[][] {
  const table = page.split(`<caption class="unseen">${caption}</caption>`)[1]!.split('</table>')[0]!;
  return table
    .split('<tr>')
    .slice(1)
    .map((row) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) =>
        cell!
          .replace(/<[^>]*>/g, ' ')
          .replace(/\s+/g, ' ')
          .trim(),
      ),
    );
}

/** The section of a kind. */
function sectionOf(page: string, kind: FindingKind): string {
  return page.split(`aria-labelledby="${kind}"`)[1]!.split('</section>')[0]!;
}

/** The outlines of a picture, lower ones first: [class, path data]. Those of another picture may be used again. */
function outlinesOf(picture: string, section = picture): [string, string][] {
  const paths = new Map(
    [
      ...section.matchAll(/<path id="([^"]*)" d="([^"]*)" fill="none" vector-effect="non-scaling-stroke"/g),
    ].map(([, id, d]) => [id, d!]),
  );
  const uses = [...picture.matchAll(/<use class="([^"]*)" href="#([^"]*)">/g)];
  return uses.map(([, name, id]) => [name!, paths.get(id!)!]);
}

const bowTie = [20, 10, 30, 20, 30, 10, 20, 20];

describe('doctorPage', () => {
  it('has the headline figures of each split', async () => {
    const folder = await tempFolder();
    const images = [
      await soundImage(folder),
      await soundImage(folder, { buildings: [], origin: 'data/custom', width: 32, height: 32 }),
      await soundImage(folder, {
        split: 'valid',
        facts: { sha256: '', perceptualHash: null, brightness: 0.25 },
      }),
    ];
    const page = await doctorPage(pageOf(examinationOf(images, [])));
    expect(cellsOf(page, 'The splits')).toEqual([
      ['', 'train', 'valid'],
      ['Images', '2', '1'],
      ['Buildings', '1', '1'],
      ['Images without buildings', '1 (50 %)', '0'],
      ['Buildings per image, mean', '0.5', '1'],
      ['Buildings per image, most', '1', '1'],
      ['Area of a building, median', '100 px²', '100 px²'],
      ['Brightness, mean', '0.5', '0.25'],
      ['Sizes in pixels', '32 × 32 (1), 64 × 48 (1)', '64 × 48'],
      ['Origins', 'data/custom (1), local (1)', 'local'],
    ]);
    expect(page).toContain('Nothing was found.');
  });

  it('counts the findings by kind, split and treatment, and says what they mean', async () => {
    const findings = [
      finding(),
      finding({ split: 'test' }),
      finding({ kind: 'annotation_orphan', split: null, image: null, treatment: 'dropped' }),
      finding({ kind: 'image_empty', treatment: 'none' }),
    ];
    const examination = examinationOf([await soundImage(await tempFolder())], [], { findings });
    const page = await doctorPage(pageOf(examination));
    const [names, ...rows] = cellsOf(page, 'Findings by kind');
    expect(names).toEqual(['Kind', 'train', 'test', 'no split', 'repaired', 'left out', 'left as is']);
    const textOf = (kind: FindingKind) => {
      const { title, meaning, fault } = FINDING_KINDS[kind];
      return `${title} ${fault ? 'fault' : 'note'} ${meaning}`;
    };
    expect(rows).toEqual([
      [textOf('image_empty'), '1', '–', '–', '–', '–', '1'],
      [textOf('annotation_orphan'), '–', '–', '1', '–', '1', '–'],
      [textOf('building_crossing'), '1', '1', '–', '2', '–', '–'],
    ]);
    expect(page).toContain(
      '<strong>4 findings</strong> of 3 kinds: 2 repaired, 1 left out, 1 left as they are.',
    );
    expect(page).toContain('3 of them are faults');
  });

  it('compares the splits in curves and figures', async () => {
    const flat: Comparison = { ...comparison, trait: 'pixels', title: 'pixels per image', tests: [] };
    flat.values = { train: [64, 64], valid: [64], test: [] };
    const page = await doctorPage(pageOf(examinationOf([], [], { comparisons: [comparison, flat] })));
    expect(cellsOf(page, 'Figures of buildings per image').slice(1)).toEqual([
      ['train', '6', '0', '3', '5', '–', '–', '–'],
      ['valid', '3', '2', '2', '3', '0.50', '&lt; 0.001', 'differs'],
    ]);
    const charts = page.split('<div class="chart"').slice(1);
    // What is the same everywhere has figures only.
    expect(charts).toHaveLength(1);
    const lines = (color: string) =>
      charts[0]!.match(new RegExp(`<path[^>]*d="M[^"]*"[^>]* stroke="${color}"`, 'g'))?.length ?? 0;
    expect([lines('#0072b2'), lines('#d55e00'), lines('#009e73')]).toEqual([1, 1, 0]);
  });

  it('shows a building as it was, crossing itself, and as it is kept, others faintly', async () => {
    const mended = [
      [20, 10, 25, 15, 20, 20],
      [30, 10, 30, 20, 25, 15],
    ];
    const image = await soundImage(await tempFolder(), {
      buildings: [outlineOf(mended), outlineOf([[0, 0, 5, 0, 5, 5]])],
    });
    const fault = faultCase(image, { before: [bowTie], after: mended });
    const section = sectionOf(await doctorPage(pageOf(examinationOf([image], [fault]))), 'building_crossing');
    const [was, is] = section.split('<figure>').slice(1);
    const before = 'M20 10L30 20L30 10L20 20Z';
    const after = 'M20 10L25 15L20 20ZM30 10L30 20L25 15Z';
    const other = 'M0 0L5 0L5 5Z';
    expect(outlinesOf(was!)).toEqual([
      ['shade others', other],
      ['others', other],
      ['shade faulty', before],
      ['faulty', before],
    ]);
    expect(outlinesOf(is!, section)).toEqual([
      ['shade others', other],
      ['others', other],
      ['shade mended', after],
      ['mended', after],
    ]);
    // One JPEG for both.
    expect(section.match(/data:image\/jpeg;base64/g)).toHaveLength(1);
    const [, jpeg] = /<image id="([^"]*)"/.exec(section)!;
    for (const picture of [was, is]) expect(picture).toContain(`<use href="#${jpeg}">`);
    expect(was).toContain('aria-label="a.png, it crosses itself once: as it was"');
  });

  it('shows once what was left out', async () => {
    const image = await soundImage(await tempFolder());
    const dropped = finding({ kind: 'building_degenerate', treatment: 'dropped' });
    const fault = faultCase(image, { finding: dropped, before: [[5, 5, 9, 9]] });
    const section = sectionOf(
      await doctorPage(pageOf(examinationOf([image], [fault]))),
      'building_degenerate',
    );
    expect(section.split('<figure>')).toHaveLength(2);
    expect(outlinesOf(section)).toContainEqual(['faulty', 'M5 5L9 9Z']);
    expect(section).toContain('left out');
  });

  it('shows duplicates side by side', async () => {
    const [one, two] = [await tempFolder(), await tempFolder()];
    const image = await soundImage(one);
    const twin = await soundImage(two, { name: 'b.png', split: 'valid', width: 60 });
    const leak = finding({ kind: 'image_leak', entry: null, treatment: 'dropped' });
    const fault = faultCase(image, { finding: leak, other: pictureOf(twin) });
    const section = sectionOf(await doctorPage(pageOf(examinationOf([twin], [fault]))), 'image_leak');
    expect(section.match(/data:image\/jpeg/g)).toHaveLength(2);
    expect(section).toContain('<figcaption>train: a.png</figcaption>');
    expect(section).toContain('<figcaption>valid: b.png</figcaption>');
  });

  it('shows an image that EXIF turned as its pixels lay and as it is kept', async () => {
    const folder = await tempFolder();
    const kept = await soundImage(folder);
    const file = join(folder, 'came.png');
    const turned = { create: { width: 48, height: 64, channels: 3 as const, background: '#123' } };
    await sharp(turned).withMetadata({ orientation: 6 }).toFile(file);
    const rotated = finding({ kind: 'image_rotated', entry: null });
    const fault = faultCase(kept, { finding: rotated, other: { ...pictureOf(kept), file } });
    const section = sectionOf(await doctorPage(pageOf(examinationOf([kept], [fault]))), 'image_rotated');
    const boxes = [...section.matchAll(/viewBox="([^"]*)"/g)].map(([, box]) => box);
    expect(boxes).toEqual(['0 0 48 64', '0 0 64 48']);
    expect(outlinesOf(section)).toContainEqual(['mended', 'M20 10L30 10L30 20L20 20Z']);
  });

  it('says so where there is no picture, and lists findings that have none', async () => {
    const image = await soundImage(await tempFolder());
    const broken = faultCase({ ...image, file: join(await tempFolder(), 'gone.png') });
    const missing = finding({ kind: 'image_missing', image: 'gone.png', detail: 'there is no file' });
    const examination = examinationOf([image], [broken], { findings: [missing] });
    const page = await doctorPage(pageOf(examination));
    expect(sectionOf(page, 'building_crossing')).toContain('no picture: the file cannot be read');
    expect(sectionOf(page, 'image_missing')).toMatch(
      /<details open>.*<b>gone\.png<\/b>.*: there is no file – repaired<\/li>/s,
    );
  });

  it('runs nothing and fetches nothing, whatever names and details hold', async () => {
    const folder = await tempFolder();
    const evil = `<script>alert(1)</script>"onerror="alert(2)'><img src=https://example.org/x>`;
    const image = await soundImage(folder, { name: evil, origin: evil });
    const bad = finding({ origin: evil, image: evil, entry: evil, detail: evil });
    const cases = [
      faultCase(image, { finding: bad, before: [bowTie] }),
      faultCase(image, { finding: { ...bad, kind: 'image_leak' }, other: pictureOf(image) }),
    ];
    const page = await doctorPage(pageOf(examinationOf([image], cases, { comparisons: [comparison] }), evil));
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;onerror=&quot;alert(2)&#39;&gt;');
    const tags = [...page.matchAll(/<[a-z][^>]*>/gi)].map(([tag]) => tag);
    expect(tags.filter((tag) => /^<(script|iframe|object|link|img|base|form)/i.test(tag))).toEqual([]);
    expect(tags.filter((tag) => /\son\w+=/i.test(tag))).toEqual([]);
    const addresses = tags.flatMap((tag) => [...tag.matchAll(/\s(?:href|src|xlink:href)="([^"]*)"/g)]);
    for (const [, address] of addresses) expect(address).toMatch(/^(#|data:image\/jpeg;base64,)/);
    expect(page).not.toMatch(/url\(|@import/);
    expect(page).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:"`,
    );
  });

  it('has unique ids, and no reference to one that is not there', async () => {
    const image = await soundImage(await tempFolder());
    const cases = ['building_crossing', 'building_box', 'image_empty'].flatMap((kind) =>
      [1, 2].map(() =>
        faultCase(image, {
          finding: finding({ kind: kind as FindingKind }),
          before: [bowTie],
          after: [bowTie],
        }),
      ),
    );
    const page = await doctorPage(
      pageOf(examinationOf([image], cases, { comparisons: [comparison, comparison] })),
    );
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    const references = [...page.matchAll(/(?:href="#|aria-labelledby=")([^"]*)"/g)].map(([, id]) => id!);
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('shows the first six cases of a kind, and says how many findings there are', async () => {
    const image = await soundImage(await tempFolder());
    const cases = Array.from({ length: 8 }, (_, i) =>
      faultCase(image, { finding: finding({ detail: `case ${i}` }), before: [bowTie] }),
    );
    const findings = Array.from({ length: 40 }, () => finding());
    const page = await doctorPage(pageOf(examinationOf([image], cases, { findings })));
    const cards = page.split('<article').slice(1);
    expect(cards.map((card) => /case \d/.exec(card)![0])).toEqual([0, 1, 2, 3, 4, 5].map((i) => `case ${i}`));
    expect(page).toContain('<summary>In words (the first 40 of 48)</summary>');
  });

  it('is the same, byte for byte, for the same input', async () => {
    const image = await soundImage(await tempFolder());
    const cases = [faultCase(image, { before: [bowTie] })];
    const page = pageOf(examinationOf([image], cases, { comparisons: [comparison] }));
    expect(await doctorPage(page)).toBe(await doctorPage(page));
  });

  it('stays below 10 MB for 10,000 images of noise with every kind of fault and very long texts', async () => {
    const folder = await tempFolder();
    const random = createRandom('noise');
    const pixels = Uint8Array.from({ length: 400 * 400 * 3 }, () => random.int(256));
    const files = [1, 2].map((i) => join(folder, `${i}.png`));
    for (const file of files) {
      await sharp(pixels, { raw: { width: 400, height: 400, channels: 3 } }).toFile(file);
    }
    const ring = Array.from({ length: 400 }, () => random.uniform(0, 400));
    const buildings = Array.from({ length: 60 }, () => outlineOf([ring.map((at) => at + random.next())]));
    const one = await soundImage(folder, { width: 400, height: 400, buildings });
    const images = Array.from({ length: 10_000 }, (_, i) => ({ ...one, file: files[i % 2]! }));
    const long = 'x'.repeat(5000);
    const cases = (Object.keys(FINDING_KINDS) as FindingKind[]).flatMap((kind) =>
      Array.from({ length: 12 }, () =>
        faultCase(images[0]!, {
          finding: finding({ kind, image: long, detail: long }),
          ...{ before: [ring], after: [ring] },
          other: kind === 'image_leak' || kind === 'image_duplicate' ? pictureOf(images[1]!) : null,
        }),
      ),
    );
    const findings = Array.from({ length: 20_000 }, () => finding({ image: long, detail: long }));
    const page = await doctorPage(pageOf(examinationOf(images, cases, { findings })));
    expect(Buffer.byteLength(page)).toBeLessThan(10_000_000);
    // And yet there are pictures of each kind.
    expect(page.match(/data:image\/jpeg/g)!.length).toBeGreaterThan(
      6 * (Object.keys(FINDING_KINDS).length - 1),
    );
  }, 60_000);
});
