import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeGroundTruth, writePredictions } from '../../../src/evaluate/coco-files/write-coco-files.ts';
import { openRun } from '../../../src/evaluate/compare-runs/open-run.ts';
import { UserError } from '../../../src/system/errors.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { randomImages } from '../random-images.ts';

const tempFolder = useTempFolders();

const IMAGES = randomImages(1, { images: 3, instances: 4, size: 40 });

async function writeRun(
  folder: string,
  metrics = '{"score_threshold": 0.25, "max_detections": 80}',
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'metrics.json'), metrics);
  await writeGroundTruth(join(folder, 'ground_truth.json'), IMAGES);
  await writePredictions(join(folder, 'predictions.json'), IMAGES);
}

/** The message for the user, without the name of the temporary folder. */
async function refusalOf(path: string, folder: string): Promise<string> {
  const error = await openRun(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message.replaceAll(`${folder}/`, '');
}

describe('openRun', () => {
  it('opens a folder with the files, and one whose inference_results has them', async () => {
    const folder = await tempFolder();
    await writeRun(join(folder, 'a'));
    await writeRun(join(folder, 'b/inference_results'));
    for (const [path, where] of [
      ['a', 'a'],
      ['b', 'b/inference_results'],
    ] as const) {
      const run = await openRun(join(folder, path));
      expect(run).toMatchObject({ folder: join(folder, where), scoreThreshold: 0.25, maxDetections: 80 });
      expect([run.files.count, run.files.categories]).toEqual([3, ['building']]);
      const ids = IMAGES.map(({ id }) => id).sort((a, b) => a - b);
      expect([...run.files.images].map(({ id }) => id)).toEqual(ids);
    }
  });

  it('reads metrics.json with a byte order mark, and thresholds of any scale', async () => {
    const folder = await tempFolder();
    await writeRun(folder, '\uFEFF{"score_threshold": -2.5, "max_detections": 80}');
    expect((await openRun(folder)).scoreThreshold).toBe(-2.5);
  });

  it('says of a folder that is no run what is missing and what to run', async () => {
    const folder = await tempFolder();
    const all = 'metrics.json, ground_truth.json and predictions.json';
    await writeRun(join(folder, 'a'));
    await mkdir(join(folder, 'empty'));
    await mkdir(join(folder, 'old/inference_results'), { recursive: true });
    await writeFile(join(folder, 'old/inference_results/metrics.json'), '{}');
    expect(await refusalOf(join(folder, 'nowhere'), folder)).toBe(
      `There is no folder nowhere: name the folder of a run, one that holds ${all}`,
    );
    expect(await refusalOf(join(folder, 'a/metrics.json'), folder)).toMatch(
      /^a\/metrics\.json is no folder: name/,
    );
    expect(await refusalOf(join(folder, 'empty'), folder)).toBe(
      `empty is no run: ${all} are expected in it or in its inference_results; aerial inference writes them`,
    );
    expect(await refusalOf(join(folder, 'old'), folder)).toBe(
      'old/inference_results lacks ground_truth.json and predictions.json: run aerial inference again to have the whole run',
    );
    await rm(join(folder, 'a/predictions.json'));
    expect(await refusalOf(join(folder, 'a'), folder)).toMatch(/^a lacks predictions\.json: run/);
  });

  it.each([
    ['{"mask": {}}', 'has no usable score_threshold and max_detections: it is of an earlier version'],
    ['{"score_threshold": "1", "max_detections": 100}', 'has no usable score_threshold: it is of'],
    ['{"score_threshold": 0.5, "max_detections": 0}', 'has no usable max_detections: it is of'],
    ['[]', 'has no usable score_threshold and max_detections: it is of'],
    ['{', 'cannot be read ('],
    ['{\n\u001b[31m}', 'cannot be read ('],
  ])('refuses metrics.json of another version: %s', async (content, message) => {
    const folder = await tempFolder();
    await writeRun(join(folder, 'a'), content);
    const refusal = await refusalOf(join(folder, 'a'), folder);
    expect(refusal).toMatch(/^\P{Cc}+$/u);
    expect(refusal).toContain(`a/metrics.json ${message}`);
    expect(refusal).toMatch(/; run aerial inference again$|: run aerial inference again$/);
  });
});
