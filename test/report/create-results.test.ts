import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type Evaluation, evaluateImages } from '../../src/evaluate/evaluate-images.ts';
import type { EvaluatedImage } from '../../src/evaluate/images/detections.ts';
import { createResults, type ResultsOptions } from '../../src/report/create-results.ts';
import { errorImages, evaluatedImage } from '../support/evaluated-images.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

const plain: ResultsOptions = { title: 'A test', subtitle: 'of results', history: null, gallery: 10 };

/** Evaluates the images and writes the results. */
async function resultsOf(
  images: readonly EvaluatedImage[],
  options: Partial<ResultsOptions> = {},
): Promise<Evaluation & { folder: string }> {
  const folder = await tempFolder();
  const { add, finish } = createResults(folder, { ...plain, ...options });
  const evaluation = await evaluateImages(images, {
    maxDetections: 100,
    scoreThreshold: 0.2,
    onOutcome: add,
  });
  await finish(evaluation);
  return { ...evaluation, folder };
}

async function rowsOf(folder: string, file: string): Promise<Record<string, string>[]> {
  const [header, ...rows] = (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n');
  const names = header!.split(',');
  return rows.map((row) => Object.fromEntries(row.split(',').map((cell, i) => [names[i]!, cell])));
}

describe('createResults', () => {
  it('writes the figures as they are, the tables and the page', async () => {
    const { folder, metrics, curves } = await resultsOf(errorImages());
    expect((await readdir(folder)).sort()).toEqual([
      'buildings.csv',
      'curves.json',
      'images.csv',
      'metrics.json',
      'report.html',
    ]);
    expect(JSON.parse(await readFile(join(folder, 'metrics.json'), 'utf8'))).toEqual(metrics);
    expect(JSON.parse(await readFile(join(folder, 'curves.json'), 'utf8'))).toEqual(curves);
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toMatch(/<title>A test<\/title>/);
  });

  it('has a row for each image: its figures, and how many things of each kind', async () => {
    const { folder } = await resultsOf(errorImages());
    const rows = await rowsOf(folder, 'images.csv');
    expect(rows.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
    expect(rows[1]).toMatchObject({
      ...{ name: 'tile-2.png', origin: 'data/custom', width: '128', height: '128' },
      ...{ panoptic_quality: '0.4', f1: '0.4', precision: '0.333333', recall: '0.5' },
      ...{ buildings: '2', buildings_hit: '1', buildings_missed: '1', buildings_localisation: '0' },
      ...{ detections: '3', detections_hit: '1', detections_background: '1', detections_duplicate: '1' },
    });
    expect(rows[2]).toMatchObject({
      ...{ buildings_merged: '2', buildings_split: '1', detections_merging: '1', detections_piece: '2' },
    });
    expect(rows[3]).toMatchObject({ f1: '', iou: '1', buildings: '0' });
  });

  it('has a row for each building, and for each wrong detection', async () => {
    const { folder } = await resultsOf(errorImages().slice(1, 2));
    const rows = await rowsOf(folder, 'buildings.csv');
    expect(rows.map(({ what, kind }) => `${what} ${kind}`)).toEqual([
      'building hit',
      'building missed',
      'detection background',
      'detection duplicate',
    ]);
    expect(rows[0]).toEqual({
      ...{ image_id: '2', image: 'tile-2.png', what: 'building', kind: 'hit', size: 'small', area: '400' },
      ...{ iou: '1', score: '0.9', y1: '10', x1: '10', y2: '30', x2: '30' },
      ...{ merged: 'false', split: 'false', gap: '42.426407', merges: '', piece: '' },
    });
    expect(rows[1]).toMatchObject({ iou: '0', score: '', size: 'medium', area: '1600', y2: '100' });
    expect(rows[2]).toMatchObject({ area: '400', score: '0.8', y1: '100', x1: '5', gap: '' });
    expect(rows[3]).toMatchObject({ iou: '0.904762', score: '0.7' });
    expect(rows[3]).toMatchObject({ merged: '', split: '', merges: 'false', piece: 'false' });
  });

  it('leaves out detections in crowd regions, as the figures do', async () => {
    const [, second] = errorImages();
    const truth = second!.truth.map((building, i) => ({ ...building, crowd: i === 1 }));
    const detections = [{ ...second!.detections[0]!, ...truth[1]! }];
    const { folder, metrics } = await resultsOf([{ ...second!, truth, detections }]);
    expect((await rowsOf(folder, 'buildings.csv')).map(({ what }) => what)).toEqual(['building']);
    expect((await rowsOf(folder, 'images.csv'))[0]).toMatchObject({
      ...{ detections: '0', detections_crowd: '1' },
    });
    expect(metrics.detections).toBe(0);
  });

  it('keeps names from being formulas, and rows whole', async () => {
    const names = ['=1+1', '@SUM(A1)', '-2+3', 'a "b", c\nd.png'];
    const images = names.map((name, i) => evaluatedImage(i, [], [], { name, origin: `+${i}` }));
    const { folder } = await resultsOf(images);
    const text = await readFile(join(folder, 'images.csv'), 'utf8');
    const lines = text.split('\n').slice(1);
    expect(lines.slice(0, 3).map((line) => line.split(',').slice(1, 3))).toEqual([
      ["'=1+1", "'+0"],
      ["'@SUM(A1)", "'+1"],
      ["'-2+3", "'+2"],
    ]);
    expect(text).toContain('3,"a ""b"", c\nd.png",\'+3,128,128');
  });

  it('shows the worst images, whatever their order, with their pictures and links; reads no other', async () => {
    const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#333' } })
      .png()
      .toBuffer();
    const read: number[] = [];
    // The higher the id, the more is missed.
    const images = Array.from({ length: 30 }, (_, id) =>
      evaluatedImage(
        (id * 7) % 30,
        Array.from({ length: 1 + ((id * 7) % 30) }, (__, i) => [4 * i, 0, 4 * i + 3, 20] as const),
        [[0, 0, 3, 20]],
      ),
    );
    const { folder } = await resultsOf(images, {
      gallery: 3,
      picture: async ({ id }) => {
        read.push(id);
        return picture;
      },
      link: ({ id }) => (id === 29 ? null : `${id}.png`),
    });
    expect(read).toEqual([29, 28, 27]);
    const cards = (await readFile(join(folder, 'report.html'), 'utf8')).split('<article').slice(1);
    expect(cards).toHaveLength(3);
    expect(cards.map((card) => /tile-\d+/.exec(card)![0])).toEqual(['tile-29', 'tile-28', 'tile-27']);
    expect(cards[0]).not.toContain('<a href');
    expect(cards[1]).toContain('<a href="./28.png">');
    expect(await rowsOf(folder, 'images.csv')).toHaveLength(30);
  });

  it('has a page without images when none is asked for', async () => {
    const { folder } = await resultsOf(errorImages(), { gallery: 0 });
    expect(await readFile(join(folder, 'report.html'), 'utf8')).not.toContain('worst first');
  });

  it('begins anew: rows of an earlier run are gone', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'images.csv'), 'old\n1\n');
    const { add, finish } = createResults(folder, plain);
    await finish(await evaluateImages([], { maxDetections: 1, scoreThreshold: 0.5, onOutcome: add }));
    expect(await rowsOf(folder, 'images.csv')).toEqual([]);
    expect(await readFile(join(folder, 'images.csv'), 'utf8')).toMatch(/^id,name,origin,/);
  });

  it('writes thousands of rows, each once and in order', async () => {
    const images = Array.from({ length: 2500 }, (_, id) => evaluatedImage(id, [], []));
    const { folder } = await resultsOf(images, { gallery: 0 });
    const ids = (await rowsOf(folder, 'images.csv')).map(({ id }) => Number(id));
    expect(ids).toEqual(images.map(({ id }) => id));
  });
});
