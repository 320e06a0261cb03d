import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { openCocoFiles } from '../../src/evaluate/coco-files/open-coco-files.ts';
import { writeGroundTruth, writePredictions } from '../../src/evaluate/coco-files/write-coco-files.ts';
import { evaluateImages } from '../../src/evaluate/evaluate-images.ts';
import { INTERVAL_KEYS } from '../../src/evaluate/intervals/headline-figures.ts';
import { smallSet, writeCoco } from '../evaluate/coco-files/coco-folder.ts';
import { randomImages } from '../evaluate/random-images.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';
import { evaluate, FILES, IMAGES, writeFiles } from './evaluate-command.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const tempFolder = useTempFolders();

async function expected(folder: string, scoreThreshold: number | null, resamples: number) {
  const paths = { groundTruth: join(folder, 'truth.json'), predictions: join(folder, 'found.json') };
  const { images } = await openCocoFiles(paths);
  return (await evaluateImages(images, { maxDetections: 500, scoreThreshold, resamples, seed: 17 })).metrics;
}

describe('aerial evaluate', () => {
  it('prints the metrics as one JSON line, and writes nothing', async () => {
    const folder = await writeFiles(await tempFolder());
    const { exitCode, stdout, stderr } = await evaluate(folder, ...FILES, '--json');
    expect([exitCode, stderr, stdout.split('\n').length]).toEqual([0, '', 1]);
    expect(JSON.parse(stdout)).toEqual(await expected(folder, 0.5, 1000));
    expect(JSON.parse(stdout)).toEqual(
      (await evaluateImages(IMAGES, { maxDetections: 500, scoreThreshold: 0.5, resamples: 1000, seed: 17 }))
        .metrics,
    );
    expect(await filesIn(folder)).toEqual(['found.json', 'truth.json']);
  });

  it('prints tables with intervals for people', async () => {
    const folder = await writeFiles(await tempFolder());
    const { stdout } = await evaluate(folder, ...FILES);
    const metrics = await expected(folder, 0.5, 1000);
    const { low, high } = metrics.intervals!.mask_ap!;
    const line = `${metrics.mask.ap!.toFixed(3)}  ${low.toFixed(3)} - ${high.toFixed(3)}`;
    expect(stdout).toMatch(new RegExp(`^mask mAP +${line}$`, 'm'));
    expect(stdout).toMatch(/^10 images, \d+ buildings; \d+ detections from score 0\.5 on$/m);
    expect(stdout).toMatch(/^ {2}missed +0\.\d{3}$/m);
    expect(stdout).toMatch(/^ {2}touching +\d+ .*$/m);
    expect(stdout).toMatch(/^by source$/m);
    expect((await evaluate(folder, ...FILES, '--resamples', '0')).stdout).not.toContain('interval');
  });

  it('takes its limits from the flags', async () => {
    const folder = await writeFiles(await tempFolder());
    const flags = [
      '--max-detections',
      '2',
      '--score-threshold',
      '0.25',
      '--resamples',
      '5',
      '--seed',
      '3',
      '--json',
    ];
    const metrics = JSON.parse((await evaluate(folder, ...FILES, ...flags)).stdout);
    const options = { maxDetections: 2, scoreThreshold: 0.25, resamples: 5, seed: 3 };
    expect(metrics).toEqual((await evaluateImages(IMAGES, options)).metrics);
    expect(Object.keys(metrics.intervals)).toEqual([...INTERVAL_KEYS]);
  });

  it('chooses the best threshold, and says for what', async () => {
    const folder = await writeFiles(await tempFolder());
    const { stdout, stderr } = await evaluate(
      folder,
      ...FILES,
      '--score-threshold',
      'best',
      '--resamples',
      '0',
      '--json',
    );
    const metrics = await expected(folder, null, 0);
    expect(JSON.parse(stdout)).toEqual(metrics);
    expect(stderr).toBe(
      `warning: --score-threshold best chose ${metrics.score_threshold} on this very set: right for a validation set; on a test set it promises more than new images keep`,
    );
  });

  it('says where nothing is right, so that no threshold is best', async () => {
    const folder = await tempFolder();
    const { truth } = smallSet();
    const segmentation = [[7, 5, 9, 5, 9, 7, 7, 7]];
    writeCoco(folder, { truth, predictions: [{ image_id: 3, category_id: 5, score: 0.75, segmentation }] });
    const { stderr } = await evaluate(folder, ...FILES, '--score-threshold', 'best', '--resamples', '0');
    expect(stderr).toBe(
      'warning: --score-threshold best: no detection is right, so that none is better than another; 0.5 was taken',
    );
  });

  it('takes scores and thresholds of any scale', async () => {
    const folder = await tempFolder();
    const { truth, predictions } = smallSet();
    writeCoco(folder, { truth, predictions: [{ ...predictions[0], score: -2.5 }] });
    const flags = [...FILES, '--resamples', '0', '--json'];
    const recallAt = async (threshold: string) =>
      JSON.parse((await evaluate(folder, ...flags, '--score-threshold', threshold)).stdout).recall;
    expect([await recallAt('-3'), await recallAt('-2e0')]).toEqual([1, 0]);
  });

  it('averages over categories', async () => {
    const images = randomImages(6, { images: 8, instances: 10, size: 60, categories: 2 });
    const folder = await tempFolder();
    await writeGroundTruth(join(folder, 'truth.json'), images, ['building', 'tent']);
    await writePredictions(join(folder, 'found.json'), images);
    const { stdout } = await evaluate(folder, ...FILES, '--resamples', '0', '--json');
    const options = { maxDetections: 500, scoreThreshold: 0.5, categories: 2, seed: 17 };
    expect(JSON.parse(stdout)).toEqual((await evaluateImages(images, options)).metrics);
  });

  it('warns of what is hardly meant', async () => {
    const folder = await tempFolder();
    writeCoco(folder, { ...smallSet(), predictions: [] });
    const { exitCode, stderr } = await evaluate(folder, ...FILES);
    expect([exitCode, stderr]).toEqual([
      0,
      'warning: found.json holds no prediction: everything counts as missed',
    ]);
  });

  it('loads no TensorFlow', async () => {
    const modules = ['evaluate', 'evaluate-report'].map((name) => join(ROOT, `src/commands/${name}.ts`));
    const code = `for (const path of ${JSON.stringify(modules)}) await import(path);
      const { sharedObjects } = process.report.getReport();
      console.log(sharedObjects.filter((path) => /tensorflow|tfjs/.test(path)).length, sharedObjects.length > 3);`;
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', code]);
    expect(stdout).toBe('0 true');
  });
});

describe('aerial evaluate refuses', () => {
  it.each<[string[], RegExp]>([
    [[], /^error: required option '--ground-truth <file>' not specified\n/],
    [['--ground-truth', 'truth.json'], /^error: required option '--predictions <file>' not specified\n/],
    [[...FILES, '--score-threshold', 'high'], /Expected a number, or best\./],
    [[...FILES, '--score-threshold', '1e999'], /Expected a number, or best\./],
    [[...FILES, '--score-threshold', ''], /Expected a number, or best\./],
    [[...FILES, '--max-detections', '0'], /Expected a whole number from 1 to 100000\./],
    [[...FILES, '--resamples', '-1'], /Expected a whole number from 0 to 100000\./],
    [[...FILES, '--params', 'params.yaml'], /unknown option '--params'/],
    [
      [...FILES, '--images', 'tiles'],
      /^error: --images is for the pictures of a report: add --report FOLDER$/,
    ],
  ])('%j as wrong usage', async (flags, message) => {
    const { exitCode, stdout, stderr } = await evaluate(await tempFolder(), ...flags);
    expect(stderr).toMatch(message);
    expect([exitCode, stdout]).toEqual([2, '']);
  });

  it.each<[string, (text: string) => string, string]>([
    [
      'found.json',
      (text) => text.replace('"score":0.75', '"score": NaN'),
      'found.json: entry [0] (image_id 3): score must be a finite number, got NaN: mend it or leave the entry out',
    ],
    [
      'found.json',
      (text) => text.replace('"category_id":5', '"category_id":1'),
      'found.json: entry [0] (image_id 3): category_id must be the id of one of the categories of truth.json (5 "building"), got 1: mend it, or leave the entry out',
    ],
    [
      'found.json',
      (text) => text.slice(0, -3),
      'found.json ends too early, in entry [0] (77 bytes): it is cut off, copy or write it again',
    ],
    [
      'truth.json',
      () => '[]',
      'truth.json is a list: expected COCO instances, {"images": [...], "annotations": [...], "categories": [...]}; predictions belong to --predictions',
    ],
  ])('a wrong %s in one line', async (name, change, message) => {
    const folder = await tempFolder();
    writeCoco(folder, smallSet());
    const path = join(folder, name);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    const { exitCode, stdout, stderr } = await evaluate(folder, ...FILES);
    expect([exitCode, stdout, stderr]).toEqual([1, '', `error: ${message}`]);
  });

  it('a file that is not there', async () => {
    const { exitCode, stderr } = await evaluate(await tempFolder(), ...FILES);
    expect([exitCode, stderr]).toEqual([
      1,
      'error: Cannot read truth.json: there is no such file: check the path',
    ]);
  });
});
