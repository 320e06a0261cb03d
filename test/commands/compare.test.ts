import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { CompareResult } from '../../src/commands/compare-table.ts';
import { writeGroundTruth, writePredictions } from '../../src/evaluate/coco-files/write-coco-files.ts';
import { evaluateImages } from '../../src/evaluate/evaluate-images.ts';
import type { EvaluatedImage } from '../../src/evaluate/images/detections.ts';
import { INTERVAL_KEYS } from '../../src/evaluate/intervals/headline-figures.ts';
import { randomImages } from '../evaluate/random-images.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const PROGRAM = resolve(import.meta.dirname, '../../bin/aerial.js');
const tempFolder = useTempFolders();

/** `aerial compare ...` in a process of its own. */
const compare = (cwd: string, ...args: string[]) =>
  execa(process.execPath, [PROGRAM, 'compare', ...args], { cwd, reject: false });

const IMAGES = randomImages(3, { images: 12, instances: 8, size: 60 });
/** Half of the detections. */
const HALF = IMAGES.map((image) => ({
  ...image,
  detections: image.detections.filter((_, i) => i % 2 === 0),
}));

/** What `aerial inference` leaves in the folder. */
async function writeRun(
  folder: string,
  images: EvaluatedImage[],
  { scoreThreshold = 0.3, maxDetections = 50 } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { metrics } = await evaluateImages(images, { scoreThreshold, maxDetections });
  await writeFile(join(folder, 'metrics.json'), JSON.stringify(metrics));
  await writeGroundTruth(join(folder, 'ground_truth.json'), images);
  await writePredictions(join(folder, 'predictions.json'), images);
}

/** Runs `a` and `b` in a new folder, `b` with its files in inference_results. */
async function twoRuns(...ofB: [images?: EvaluatedImage[], options?: Parameters<typeof writeRun>[2]]) {
  const folder = await tempFolder();
  await writeRun(join(folder, 'a'), IMAGES);
  await writeRun(join(folder, 'b/inference_results'), ofB[0] ?? HALF, ofB[1]);
  return folder;
}

describe('aerial compare', () => {
  it('prints one JSON line with figures, intervals, errors and the most changed images', async () => {
    const folder = await twoRuns(HALF, { scoreThreshold: 0.5 });
    const before = await filesIn(folder);
    const { exitCode, stdout, stderr } = await compare(folder, 'a', 'b', '--json', '--changed', '2');
    expect([exitCode, stderr]).toEqual([0, 'Measuring 12 images of both runs, then drawing them 1000 times']);
    expect(stdout.split('\n')).toHaveLength(1);
    const result = JSON.parse(stdout) as CompareResult;
    expect(result).toMatchObject({
      a: { folder: 'a', score_threshold: 0.3, images_only_here: 0 },
      b: { folder: 'b/inference_results', score_threshold: 0.5, images_only_here: 0 },
      max_detections: 50,
      resamples: 1000,
      seed: 17,
      images: 12,
    });
    expect(Object.keys(result.figures)).toEqual([...INTERVAL_KEYS]);
    const written = ['a', 'b/inference_results'].map(async (run) =>
      JSON.parse(await readFile(join(folder, run, 'metrics.json'), 'utf8')),
    );
    const [a, b] = await Promise.all(written);
    expect(result.figures.mask_ap.a).toBeCloseTo(a.mask.ap, 12);
    expect(result.figures.mask_ap.b).toBeCloseTo(b.mask.ap, 12);
    expect(result.figures.recall.difference).toBeCloseTo(b.recall - a.recall, 12);
    expect(result.figures.recall.excludes_zero).toBe(true);
    expect(result.errors.missed.b).toBeCloseTo(b.errors.missed, 12);
    expect(result.buildings).toBe(a.buildings);
    expect(result.changed.worse).toBeGreaterThan(2);
    expect(result.changed.worst).toHaveLength(2);
    expect(await filesIn(folder)).toEqual(before);
  });

  it('prints tables for people, the same again for the same seed', async () => {
    const folder = await twoRuns();
    const { exitCode, stdout } = await compare(folder, 'a', 'b');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^A {2}a {2}\(score threshold 0\.300\)\nB {2}b\/inference_results {2}\(score/);
    expect(stdout).toMatch(/^recall +0\.\d{3} +0\.\d{3} +-0\.\d{3} +-0\.\d{3} to -0\.\d{3} +worse$/m);
    expect(stdout).toMatch(/^ {2}missed +0\.\d{3} +0\.\d{3} +\+0\.\d{3}$/m);
    expect(stdout).toMatch(/^\d+ images became worse$/m);
    expect(stdout).toMatch(/^ {2}\d+\.png \(\d+\) +\d\.\d{3} +\d\.\d{3} +-\d\.\d{3} {2}hits \d+ -> \d+/m);
    expect(stdout).toContain('1000 resamples, seed 17');
    expect((await compare(folder, 'a', 'b')).stdout).toBe(stdout);
    expect((await compare(folder, 'a', 'b', '--seed', '18')).stdout).not.toBe(stdout);
    const without = await compare(folder, 'a', 'b', '--resamples', '0');
    expect(without.stdout).toContain('Without intervals');
    expect(without.stdout).not.toContain('worse  ');
  });

  it('says which images and detections it leaves out', async () => {
    const folder = await twoRuns(HALF.slice(1), { maxDetections: 2 });
    const { exitCode, stdout, stderr } = await compare(folder, 'a', 'b', '--json');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('warning: left out 1 image that only the first run has\n');
    expect(stderr).toContain(
      'max_detections was 50 in the first run and 2 in the second: the best 2 of each',
    );
    expect(JSON.parse(stdout)).toMatchObject({ images: 11, a: { images_only_here: 1 }, max_detections: 2 });
  });

  it('refuses runs of other buildings, and names the image', async () => {
    const others = HALF.map((image, i) => (i === 4 ? { ...image, truth: image.truth.slice(1) } : image));
    const folder = await twoRuns(others);
    const { exitCode, stdout, stderr } = await compare(folder, 'a', 'b');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^error: The ground truth of image \d+ \(4\.png\) differs: \d+ buildings in a, \d+ in/,
    );
    expect(stderr.split('\n')).toHaveLength(1);
  });

  it('says of a folder that is no run what is missing and what to run', async () => {
    const folder = await twoRuns();
    await rm(join(folder, 'b/inference_results/ground_truth.json'));
    const { exitCode, stdout, stderr } = await compare(folder, 'a', 'b');
    expect([exitCode, stdout, stderr]).toEqual([
      1,
      '',
      'error: b/inference_results lacks ground_truth.json: run aerial inference again to have the whole run',
    ]);
  });

  it('hears Ctrl-C while it draws', async () => {
    const folder = await twoRuns();
    const running = compare(folder, 'a', 'b', '--resamples', '100000');
    running.stderr.once('data', () => running.kill('SIGINT'));
    const { exitCode, stdout, stderr } = await running;
    expect([exitCode, stdout, stderr.split('\n').slice(1)]).toEqual([
      130,
      '',
      ['Stopping in an orderly way; once more stops at once.', 'Stopped by SIGINT'],
    ]);
    expect(await filesIn(join(folder, 'a'))).toEqual([
      'ground_truth.json',
      'metrics.json',
      'predictions.json',
    ]);
  }, 30_000);

  it('refuses wrong usage with exit code 2', async () => {
    const folder = await tempFolder();
    for (const args of [['a'], ['a', 'b', '--resamples', '-1'], ['a', 'b', '--seed', 'x'], ['', 'b']]) {
      const { exitCode, stdout, stderr } = await compare(folder, ...args);
      expect([exitCode, stdout], args.join(' ')).toEqual([2, '']);
      expect(stderr).toContain('error: ');
    }
  });
});
