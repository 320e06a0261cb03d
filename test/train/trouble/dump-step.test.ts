import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../../src/model/safetensors.ts';
import { hashParams } from '../../../src/params/saved-params.ts';
import { UserError } from '../../../src/system/errors.ts';
import type { StepFigures } from '../../../src/train/engine/step-figures.ts';
import type { BadStep } from '../../../src/train/trouble/bad-step.ts';
import { badTerms } from '../../../src/train/trouble/bad-terms.ts';
import { dumpStep } from '../../../src/train/trouble/dump-step.ts';
import { addBuilding, GREY, greyBatch } from '../../support/host-batch.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const params = tinyParams();
const H = 128;
/** Pixels of the sheet: each sample is enlarged by 3; 10 px apart, below a header of 34. */
const [SCALE, GAP, HEADER] = [3, 10, 34];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-trouble-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const figures: StepFigures = {
  losses: { objectness: 0.5, rpnBox: 0, class: 0.25, box: 0, focal: 0, dice: Number.NaN, total: Number.NaN },
  gradientNorm: Number.POSITIVE_INFINITY,
  gradientNorms: { backbone: 0.25, mask: Number.NEGATIVE_INFINITY },
  updateRatios: { backbone: 0, mask: 0 },
  applied: false,
};

/** The second of two images has pixels and a box that are no numbers. */
function badStep(): BadStep {
  const batch = greyBatch(['sound.png', 'bad.png']);
  addBuilding(batch, 0, [20, 30, 48, 86]);
  addBuilding(batch, 3, [60, 20, 90, 50]);
  addBuilding(batch, 4, [Number.NaN, 20, 90, 50]);
  // Of the row y = 10.
  batch.images.fill(Number.NaN, 3 * (H * H + 10 * H), 3 * (H * H + 11 * H));
  const terms = badTerms(figures, 'float32');
  return { step: 120, epoch: 3, learningRate: 0.002, terms, figures, batch };
}

describe('dumpStep', () => {
  it('writes the batch as it was, for any reader of safetensors', async () => {
    const bad = badStep();
    const path = await dumpStep(join(folder, 'trouble'), bad, params);
    expect(path).toBe(join(folder, 'trouble', 'step-00000120'));
    const { tensors, metadata } = await readSafetensors(join(path, 'batch.safetensors'));
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual({
      images: [2, 128, 128, 3],
      boxes: [2, 3, 4],
      masks: [2, 3, 14, 14],
      valid: [2, 3],
      touching: [2, 1, 1],
    });
    for (const [name, { values }] of tensors) {
      expect([name, values]).toEqual([name, bad.batch[name as 'images' | 'boxes']]);
    }
    expect(metadata).toEqual({ step: '120', epoch: '3' });
  });
  it('tells what there is to know, and spells out what JSON has no number for', async () => {
    const path = await dumpStep(folder, badStep(), params);
    expect(JSON.parse(await readFile(join(path, 'trouble.json'), 'utf8'))).toEqual({
      step: 120,
      epoch: 3,
      learning_rate: 0.002,
      terms: [
        { name: 'dice', value: 'NaN' },
        { name: 'total', value: 'NaN' },
        { name: 'gradientNorm', value: 'Infinity' },
        { name: 'gradientNorm/mask', value: '-Infinity' },
      ],
      losses: { objectness: 0.5, rpnBox: 0, class: 0.25, box: 0, focal: 0, dice: 'NaN', total: 'NaN' },
      gradient_norm: 'Infinity',
      gradient_norms: { backbone: 0.25, mask: '-Infinity' },
      update_ratios: { backbone: 0, mask: 0 },
      applied: false,
      images: [
        { name: 'sound.png', origin: 'test', faults: [] },
        {
          name: 'bad.png',
          origin: 'test',
          faults: ['pixels: 384 values are not finite', 'box 1 [NaN, 20, 90, 50] is not finite'],
        },
      ],
      params: hashParams(params),
    });
  });
  it('shows the images with their buildings, the unsound one first', async () => {
    const path = await dumpStep(folder, badStep(), params);
    const { data, info } = await sharp(join(path, 'images.png')).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([2 * (384 + GAP) + GAP, HEADER + 384 + 40 + GAP]);
    const pixelAt = (tile: number, y: number, x: number) => {
      const [row, column] = [HEADER + SCALE * y + 1, GAP + tile * (384 + GAP) + SCALE * x + 1];
      return [...data.subarray(3 * (row * info.width + column), 3 * (row * info.width + column) + 3)];
    };
    const grey = [GREY, GREY, GREY];
    expect(pixelAt(0, 10, 100)).toEqual([255, 0, 255]);
    expect(pixelAt(0, 11, 100)).toEqual(grey);
    expect(pixelAt(1, 10, 100)).toEqual(grey);
    expect(pixelAt(0, 75, 35)).not.toEqual(grey);
    expect(pixelAt(0, 34, 58)).toEqual(grey);
    expect(pixelAt(1, 34, 58)).not.toEqual(grey);
  });
  it('keeps an older one of the same step, and leaves nothing aside', async () => {
    const paths: string[] = [];
    for (let i = 0; i < 3; i++) paths.push(await dumpStep(folder, badStep(), params));
    const names = ['step-00000120', 'step-00000120-2', 'step-00000120-3'];
    expect(paths).toEqual(names.map((name) => join(folder, name)));
    expect((await readdir(folder)).toSorted()).toEqual(names);
    expect((await readdir(paths[2]!)).toSorted()).toEqual([
      'batch.safetensors',
      'images.png',
      'trouble.json',
    ]);
  });
  it('removes the oldest where there are more than ten, and what was left half written', async () => {
    const ages = Array.from({ length: 12 }, (_, i) => ({ name: `step-000001${10 + i}`, age: 20 - i }));
    // By its name the newest, by its age the oldest; and what is none of ours.
    ages.push({ name: 'step-00000130-7', age: 50 }, { name: 'step-00000130 looked into', age: 60 });
    for (const { name, age } of ages) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'trouble.json'), '{}');
      await utimes(join(folder, name), Date.now() / 1000 - 60 * age, Date.now() / 1000 - 60 * age);
    }
    await mkdir(join(folder, 'step-00000007.0a1b2c3d.part/deep'), { recursive: true });
    const path = await dumpStep(folder, badStep(), params);
    const kept = ages.slice(3, 12).map(({ name }) => name);
    const expected = [basename(path), ...kept, 'step-00000130 looked into'];
    expect(new Set(await readdir(folder))).toEqual(new Set(expected));
  });
  it('reads a batch in memory that threads share', async () => {
    const bad = badStep();
    const shared = (values: Float32Array) => {
      const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
      copy.set(values);
      return copy;
    };
    const { images, boxes, masks, valid, touching } = bad.batch;
    const inShared = {
      ...{ images: shared(images), boxes: shared(boxes), masks: shared(masks) },
      ...{ valid: shared(valid), touching: shared(touching) },
    };
    const path = await dumpStep(folder, { ...bad, batch: { ...bad.batch, ...inShared } }, params);
    const { tensors } = await readSafetensors(join(path, 'batch.safetensors'));
    expect(tensors.get('boxes')!.values).toEqual(boxes);
  });
  it('draws at most 64 images, however large the batch', async () => {
    const names = Array.from({ length: 70 }, (_, i) => `${i}.png`);
    const small = {
      ...greyBatch(names),
      imageSize: 32,
      images: new Float32Array(70 * 32 * 32 * 3).fill(0.4),
    };
    small.images[69 * 32 * 32 * 3] = Number.NaN;
    const path = await dumpStep(folder, { ...badStep(), batch: small }, params);
    const { width } = await sharp(join(path, 'images.png')).metadata();
    expect(width).toBe(8 * (384 + GAP) + GAP);
  }, 30_000);
  it('leaves no half of it behind', async () => {
    const without = { ...greyBatch(), sources: [] };
    await expect(dumpStep(folder, { ...badStep(), batch: without }, params)).rejects.toThrow(RangeError);
    expect(await readdir(folder)).toEqual([]);
  });
  it('says in one line where it cannot write, and leaves nothing behind', async () => {
    await writeFile(join(folder, 'file'), '');
    const failure = await dumpStep(join(folder, 'file'), badStep(), params).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(String(failure)).not.toContain('\n');
    expect(await readdir(folder)).toEqual(['file']);
  });
});
