import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { EvaluatedImage } from '../../src/evaluate/images/detections.ts';
import { INTERVAL_KEYS } from '../../src/evaluate/intervals/headline-figures.ts';
import { createRandom } from '../../src/system/random.ts';
import { type EvaluationPage, evaluationPage } from '../../src/visualize/evaluation-page.ts';
import { errorImages, evaluatedImage, pageOf } from '../support/evaluated-images.ts';

async function textOf(page: EvaluationPage): Promise<string> {
  let text = '';
  for await (const piece of evaluationPage(page)) text += piece;
  return text;
}

/** Without tags, entities, and runs of white space. */
function words(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Texts of the cells, row by row, of the table with this caption. */
function cellsOf(page: string, caption: string): string[][] {
  const table = page.split(`<caption class="unseen">${caption}</caption>`)[1]!.split('</table>')[0]!;
  return table
    .split('<tr>')
    .slice(1)
    .map((row) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => words(cell!)));
}

/** The cards of the gallery. */
function cardsOf(page: string): string[] {
  return page.split('<article').slice(1);
}

const history = [1, 2, 3].map((epoch) => ({
  ...{ epoch, phase: epoch > 1 ? 1 : 0, 'train/loss': 3 / epoch, 'valid/loss': 4 / epoch },
  ...{ 'valid/mask_ap': epoch / 10, 'valid/mask_ap50': epoch / 5, 'valid/iou': null, 'valid/dice': 0.5 },
}));

describe('evaluationPage', () => {
  it('says in one sentence what was found', async () => {
    const page = await textOf(await pageOf(errorImages()));
    expect(words(page.split('class="verdict"')[1]!.split('</p>')[0]!)).toContain(
      '7 buildings in 4 images: 42.9 % were found, 37.5 % of the 8 detections are right, and 28.6 % share an outline with a neighbour.',
    );
  });

  it('has every headline figure with its interval', async () => {
    const page = await pageOf(errorImages());
    const cards = (await textOf(page)).split('<div class="card"><dt>').slice(1).map(words);
    expect(cards).toHaveLength(INTERVAL_KEYS.length);
    const { low, high } = page.metrics.intervals!.recall!;
    const interval = `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)} %`;
    expect(cards[0]).toMatch(new RegExp(`^Recall 42\\.9 % ${interval}`));
    const without = await textOf({ ...page, metrics: { ...page.metrics, intervals: null } });
    expect(without).not.toContain(interval.replace(' ', '\u00a0'));
    expect(without).not.toContain('95 % interval');
  });

  it('draws the curves, with the threshold, and those of the training where it is known', async () => {
    const page = await pageOf(errorImages());
    const charts = (text: string) => [...text.matchAll(/<b>([^<]*)\.<\/b>/g)].map(([, title]) => title);
    const without = await textOf(page);
    expect(charts(without)).toEqual(['Precision over recall', 'F1 over the score threshold', 'Calibration']);
    expect(without).toContain('counted from 0.20 on');
    const withHistory = await textOf({ ...page, history });
    expect(charts(withHistory).slice(3)).toEqual(['Loss', 'Accuracy on the validation split']);
    // A line of nulls is not drawn.
    const legend = withHistory.split('Accuracy on the validation split')[2]!.split('</figure>')[0]!;
    expect(words(legend)).toContain('mask mAP50');
    expect(words(legend)).not.toContain('IoU');
  });

  it('shows what a single threshold gives, and claims of none that it was chosen', async () => {
    const text = await textOf(await pageOf(errorImages().slice(0, 1)));
    const chart = text.split('F1 over the score threshold')[2]!.split('</figure>')[0]!;
    const dots = chart.split('mark-symbol')[1]!.split('</g>')[0]!;
    expect(dots.match(/<path/g)).toHaveLength(3);
    expect(text).not.toContain('chosen');
  });

  it('has the error split, and figures by size, gap, density and source', async () => {
    const { metrics, ...page } = await pageOf(errorImages());
    const text = await textOf({ metrics, ...page });
    const lost = Object.fromEntries(
      cellsOf(text, 'What the errors cost').map(([name, value]) => [name, value]),
    );
    expect(lost['Missed Buildings without a detection of their own.']).toBe(
      (100 * metrics.errors.missed!).toFixed(1),
    );
    expect(cellsOf(text, 'Merged and split buildings').slice(1)).toEqual([
      ['Merged Two buildings or more in one detection.', '2', '28.6 %', '1'],
      ['Split One building in two detections or more.', '1', '14.3 %', '2'],
    ]);
    expect(cellsOf(text, 'Buildings by size').slice(1)).toEqual([
      ['small (≤ 32² px)', '6', '50.0 %', '33.3 %', '16.7 %'],
      ['medium (≤ 96² px)', '1', '0.0 %', '0.0 %', '0.0 %'],
      ['large', '0', '–', '–', '–'],
    ]);
    expect(cellsOf(text, 'Buildings by room to the next')[1]!.slice(0, 3)).toEqual([
      'touching (≤ 2 px)',
      '2',
      '0.0 %',
    ]);
    expect(cellsOf(text, 'Images by density').map(([name]) => name)).not.toContain('dense');
    expect(
      cellsOf(text, 'Images by source')
        .slice(1)
        .map((row) => row.slice(0, 4)),
    ).toEqual([
      ['hub', '3', '5', '5'],
      ['data/custom', '1', '2', '3'],
    ]);
  });

  it('shows each image with its figures, what went wrong, and its picture once', async () => {
    const cards = cardsOf(await textOf(await pageOf(errorImages())));
    expect(cards).toHaveLength(4);
    expect(words(cards[1]!)).toMatch(
      /tile-2\.png data\/custom · 128 × 128 px PQ 40 % F1 40 % IoU 17 % found 1 missed 1 false alarm 1 duplicate 1 merged 0 split 0 /,
    );
    expect(words(cards[1]!)).toMatch(/Original .*Ground truth: 2 buildings .*Prediction: 3 detections/);
    expect(cards[1]).toContain('href="./pictures/tile-2.png"');
    expect(cards[1]!.match(/data:image\/webp/g)).toHaveLength(1);
    expect(cards[1]!.match(/<use href="#p2">/g)).toHaveLength(3);
    const marks = [
      ...cards[1]!.split('class="panels"')[1]!.matchAll(/<path class="([^"]*)"[^>]*><title>([^<]*)/g),
    ];
    expect(marks.map(([, mark, text]) => [mark, text!.replaceAll('\u00a0', ' ')])).toEqual([
      ['m-hit', 'found, IoU 100.0 %, 400 px² (small), 42.4 px to the next'],
      ['m-missed', 'missed, 1,600 px² (medium), 42.4 px to the next'],
      ['m-hit', 'right, IoU 100.0 %, score 0.90'],
      ['m-duplicate', 'duplicate, IoU 90.5 %, score 0.70'],
      ['m-background', 'false alarm, score 0.80'],
    ]);
  });

  it('draws outlines where there is no picture, and crowd regions as what they are', async () => {
    const [first, ...rest] = errorImages();
    const crowd = { ...rest[0]!.truth[0]!, crowd: true };
    const { cases, ...page } = await pageOf([{ ...first!, truth: [...first!.truth, crowd] }]);
    const text = await textOf({
      ...page,
      cases: cases.map((one) => ({ ...one, picture: null, link: null })),
    });
    const [card] = cardsOf(text);
    expect(card).toContain('Original: no picture');
    expect(card).not.toContain('<image');
    expect(card).toContain('<path class="m-crowd"');
    expect(words(card!)).toContain('Ground truth: 1 building ');
    expect(text).toContain('not told apart: does not count</span>');
  });

  it('counts errors by kind and size in the cells of the filter', async () => {
    const cells = cellsOf(await textOf(await pageOf(errorImages())), 'Show images by their errors');
    const counts = Object.fromEntries(cells.slice(1).map(([name, ...row]) => [name!.split('  ')[0], row]));
    const row = (start: string) => cells.find(([name]) => name!.startsWith(start))!.slice(1);
    expect(Object.keys(counts)).toHaveLength(10);
    expect(row('Buildings not found')).toEqual(['4', '3', '1', '0']);
    expect(row('Other wrong detections')).toEqual(['3', '3', '0', '0']);
    expect(row('surplus')).toEqual(['1', '1', '0', '0']);
    expect(row('all images')).toEqual(['4']);
    expect(row('missed')).toEqual(['2', '1', '1', '0']);
    expect(row('merged')).toEqual(['2', '2', '0', '0']);
    expect(row('duplicate')).toEqual(['1', '1', '0', '0']);
  });

  it('is whole without any image, building or figure', async () => {
    for (const images of [[], [evaluatedImage(1, [], [])]]) {
      const page = await textOf(await pageOf(images, { history: [] }));
      expect(page).toMatch(/^<!DOCTYPE html>.*<\/html>\n$/s);
      expect(page).not.toMatch(/NaN|undefined|null|Infinity/);
      expect(words(page)).toContain(`0 buildings in ${images.length} image`);
    }
  });

  it('runs nothing and fetches nothing, whatever names hold', async () => {
    const evil = `<script>alert(1)</script>"onerror="alert(2)'><img src=https://example.org/x>`;
    const images = errorImages().map((image) => ({ ...image, name: evil, origin: evil }));
    images[0]!.origin = 'hub';
    const { cases, ...page } = await pageOf(images, { title: evil, subtitle: evil, history });
    const links = cases.map((one) => ({ ...one, link: `javascript:alert(3)//${evil}` }));
    const text = await textOf({ ...page, cases: links });
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;onerror=&quot;alert(2)&#39;&gt;');
    const tags = [...text.matchAll(/<[a-z][^>]*>/gi)].map(([tag]) => tag);
    expect(tags.filter((tag) => /^<(script|iframe|object|link|img|base|form)/i.test(tag))).toEqual([]);
    expect(tags.filter((tag) => /\son\w+=/i.test(tag))).toEqual([]);
    const addresses = tags.flatMap((tag) => [...tag.matchAll(/\s(?:href|src|xlink:href)="([^"]*)"/g)]);
    for (const [, address] of addresses) expect(address).toMatch(/^(#|\.\/|data:image\/webp;base64,)/);
    expect(text).not.toMatch(/url\(|@import/);
    expect(text).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:"`,
    );
  });

  it('has unique ids, and no reference to one that is not there', async () => {
    const page = await textOf(await pageOf(errorImages(), { history }));
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    const references = [...page.matchAll(/(?:href="#|aria-labelledby="|[{}:(]#)([\w-]+)/g)].map(
      ([, id]) => id!,
    );
    const colors = /^[0-9a-f]{3,6}$/;
    expect(references.filter((id) => !ids.includes(id) && !colors.test(id))).toEqual([]);
  });

  it('is the same, byte for byte, for the same input', async () => {
    const page = await pageOf(errorImages(), { history });
    expect(await textOf(page)).toBe(await textOf(page));
  });

  it('stays below 30 MB for 200 images of 100 buildings each', async () => {
    const random = createRandom('dense');
    const boxes = () =>
      Array.from({ length: 100 }, (_, i) => {
        const [y, x] = [12 * Math.floor(i / 10) + random.int(4), 12 * (i % 10) + random.int(4)];
        return [y, x, y + 5 + random.int(4), x + 5 + random.int(4)] as const;
      });
    const images: EvaluatedImage[] = Array.from({ length: 8 }, (_, i) => evaluatedImage(i, boxes(), boxes()));
    const pixels = Uint8Array.from({ length: 512 * 512 * 3 }, () => random.int(256));
    const file = await sharp(pixels, { raw: { width: 512, height: 512, channels: 3 } })
      .png()
      .toBuffer();
    const { cases, ...page } = await pageOf(images);
    const empty = Buffer.byteLength(await textOf({ ...page, cases: [] }));
    const noisy = cases.map((one) => ({ ...one, picture: async () => file }));
    const bytes = Buffer.byteLength(await textOf({ ...page, cases: noisy }));
    expect(empty + ((bytes - empty) / images.length) * 200).toBeLessThan(30e6);
  });
});
