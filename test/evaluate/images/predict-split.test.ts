import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type BatchShape, batchShape } from '../../../src/data/host-batch.ts';
import { createLoader } from '../../../src/data/loader.ts';
import type { PreparedImage } from '../../../src/data/prepared.ts';
import { type PredictedImage, predictImages } from '../../../src/evaluate/images/predict-split.ts';
import type { Predictions } from '../../../src/model/predict.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { storedFile } from '../../support/stored-file.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const tempFolder = useTempFolders();
const shape: BatchShape = { ...batchShape(tinyParams()), batchSize: 1 };

/** Black, without buildings. */
async function blackImage(width: number, height: number): Promise<PreparedImage> {
  const path = join(await tempFolder(), '1.png');
  await sharp({ create: { width, height, channels: 3, background: '#000' } })
    .png()
    .toFile(path);
  const bytes = await storedFile(path);
  return { id: 1, name: '1.png', bytes, width, height, origin: 'test', buildings: [], crowds: [] };
}

/** One detection: left half surely building, right half with probability 0.6; the second slot is padding. */
function halfSure(): Predictions {
  const row = [0.99, 0.99, 0.6, 0.6];
  return {
    boxes: tf.tensor3d([
      [
        [8, 8, 24, 24],
        [0, 0, 9, 9],
      ],
    ]),
    scores: tf.tensor2d([[0.9, 0.8]]),
    valid: tf.tensor2d([[1, 0]]),
    masks: tf.tensor4d([
      [
        [row, row, row, row],
        [row, row, row, row],
      ],
    ]),
  };
}

async function detectionsWith(maskThreshold: number, image: PreparedImage) {
  const all: PredictedImage[] = [];
  const batches = createLoader(0).ordered([image], shape);
  for await (const { predicted } of predictImages(halfSure, batches, maskThreshold)) all.push(...predicted);
  expect(all.length).toBe(1);
  return all[0]!.detections;
}

const areaOf = (counts: Uint32Array) => counts.reduce((sum, run, i) => sum + (i % 2) * run, 0);

describe('predictImages', () => {
  it('cuts masks at the threshold given', async () => {
    const image = await blackImage(64, 64);
    const areaAt = async (threshold: number) =>
      areaOf((await detectionsWith(threshold, image))[0]!.mask.counts);
    // Interpolation between cells and towards the frame moves an edge by up to half a cell, 2 pixels.
    const [whole, half] = [await areaAt(0.5), await areaAt(0.7)];
    expect(whole).toBeGreaterThan(14 * 14);
    expect(half).toBeGreaterThan(6 * 12);
    expect(half).toBeLessThan(10 * 16);
    expect(await areaAt(1)).toBe(0);
  });
  it('gives boxes in the pixels of the image, and leaves padding out', async () => {
    const found = await detectionsWith(0.5, await blackImage(128, 96));
    expect(found.map(({ box, score }) => [...box, score.toFixed(1)])).toEqual([[16, 16, 48, 48, '0.9']]);
  });
});
