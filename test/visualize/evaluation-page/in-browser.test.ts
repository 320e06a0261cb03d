import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationPage } from '../../../src/visualize/evaluation-page.ts';
import { type BrowserPage, CHROMIUM, openPage } from '../../support/chromium.ts';
import { errorImages, pageOf } from '../../support/evaluated-images.ts';

/** Of the images that are shown, and what is said of them. */
const SHOWN = `({
  images: [...document.querySelectorAll('.case')].filter((one) => one.checkVisibility()).map((one) => one.querySelector('a').textContent),
  text: [...document.querySelectorAll('.left')].filter((one) => one.checkVisibility()).map((one) => one.textContent),
})`;

const tile = (id: number) => `tile-${id}.png`;

describe.skipIf(CHROMIUM === null)('the page in a real browser (skipped where there is no Chromium)', () => {
  let page: BrowserPage;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aerial-test-'));
    const file = join(folder, 'report.html');
    await writeFile(
      file,
      evaluationPage(await pageOf(errorImages(), { history: [{ epoch: 1, 'train/loss': 1 }] })),
    );
    page = await openPage(file);
    await page.show({ width: 1280, height: 900 });
  }, 60_000);

  afterAll(async () => {
    await page?.close();
    await rm(folder, { recursive: true });
  });

  it('shows all images at first', async () => {
    expect(await page.evaluate(SHOWN)).toEqual({ images: [1, 2, 3, 4].map(tile), text: ['All 4 images.'] });
  });

  it('shows only images with the errors of the cell that is clicked, and says how many', async () => {
    await page.click('label:has(#show-missed-medium)');
    expect(await page.evaluate(SHOWN)).toEqual({
      images: [tile(2)],
      text: ['1 image with 1 × “missed, medium”.'],
    });
    await page.click('label:has(#show-merged-all)');
    expect(await page.evaluate(SHOWN)).toEqual({ images: [tile(3)], text: ['1 image with 2 × “merged”.'] });
    await page.click('label:has(#show-missed-all)');
    expect(await page.evaluate(SHOWN)).toMatchObject({ images: [tile(2), tile(3)] });
  });

  it('says so where nothing is left, and shows all again', async () => {
    await page.click('label:has(#show-split-large)');
    expect(await page.evaluate(SHOWN)).toEqual({
      images: [],
      text: ['Nothing to show: no image here has “split, large”.'],
    });
    await page.click('label:has(#show-everything)');
    expect(await page.evaluate(SHOWN)).toMatchObject({ images: [1, 2, 3, 4].map(tile) });
  });

  it('is filtered by the keyboard, with the focus in sight', async () => {
    await page.evaluate(`document.querySelector('#show-everything').focus()`);
    await page.press('ArrowDown');
    expect(await page.evaluate(SHOWN)).toMatchObject({ images: [tile(2), tile(3)] });
    await page.press('ArrowRight');
    await page.press('ArrowRight');
    expect(await page.evaluate(SHOWN)).toMatchObject({ images: [tile(2)] });
    const focused = `(() => { const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement.parentElement);
      return [document.activeElement.id, outlineStyle, outlineWidth]; })()`;
    expect(await page.evaluate(focused)).toEqual(['show-missed-medium', 'solid', '3px']);
    await page.click('label:has(#show-everything)');
  });

  it('hides what was found, with its shade, or all outlines, or enlarges an image', async () => {
    // By computed styles: what is far out of view is not laid out.
    const paths = `[...document.querySelectorAll('.case:nth-child(2) .panels g path')].filter((one) =>
      [one, one.parentElement].every((element) => getComputedStyle(element).display !== 'none')).length`;
    const columns = `getComputedStyle(document.querySelector('.case:nth-child(2) .panels')).gridTemplateColumns.split(' ').length`;
    // Of the ground truth of the first image, in which all is found. Its picture is of one colour.
    const drawn = async () => {
      const panel = await page.evaluate<{ x: number; y: number; width: number; height: number }>(
        `(() => { const panel = document.querySelectorAll('.case:nth-child(1) figure svg')[1];
          panel.scrollIntoView({ block: 'center', behavior: 'instant' });
          const { x, y, width, height } = panel.getBoundingClientRect();
          return { x, y, width, height }; })()`,
      );
      const place = { left: Math.ceil(panel.x) + 4, top: Math.ceil(panel.y) + 4 };
      const size = { width: Math.floor(panel.width) - 9, height: Math.floor(panel.height) - 9 };
      const pixels = await sharp(await page.screenshot())
        .extract({ ...place, ...size })
        .removeAlpha()
        .raw()
        .toBuffer();
      const greens = Array.from({ length: pixels.length / 3 }, (_, i) => pixels[3 * i + 1]!);
      return { shade: greens.some((green) => green < 90), line: greens.some((green) => green > 150) };
    };
    expect([await page.evaluate(paths), await page.evaluate(columns)]).toEqual([5, 3]);
    expect(await drawn()).toEqual({ shade: true, line: true });
    await page.click('#show-hits');
    expect(await page.evaluate(paths)).toBe(3);
    expect(await drawn()).toEqual({ shade: false, line: false });
    await page.click('#show-outlines');
    expect(await page.evaluate(paths)).toBe(0);
    await page.click('#show-hits');
    await page.click('#show-outlines');
    await page.click('.case:nth-child(2) .enlarge input');
    expect(await page.evaluate(columns)).toBe(1);
  });

  it.each([
    { width: 1280, height: 900 },
    { width: 360, height: 740, dark: true },
    { width: 800, height: 1100, print: true },
  ])('does not overflow: %o', async (view) => {
    await page.show(view);
    expect(
      await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    ).toBe(0);
  });

  it('loads its pictures, and breaks no rule of its own policy', async () => {
    const loaded = `(async () => { const image = new Image(); image.src = document.querySelector('.case image').getAttribute('href'); await image.decode(); return image.naturalWidth; })()`;
    expect(page.errors).toEqual([]);
    expect(await page.evaluate(`document.scripts.length`)).toBe(0);
    expect(await page.evaluate(loaded)).toBe(128);
  });
});
