import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadWeights, saveWeights } from '../../src/model/checkpoint.ts';
import { constant, createWeights, heNormal, type Weights } from '../../src/model/weights.ts';
import { tf } from '../../src/system/tensorflow.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

const make = (seed: number, shape: [number, number] = [3, 4], extra?: string): Weights => {
  const weights = createWeights(seed);
  weights.create('w', shape, heNormal);
  weights.create('b', [2], constant(seed));
  if (extra) weights.create(extra, [1], constant(0));
  return weights;
};
const values = (weights: Weights) =>
  [...weights.variables.values()].map((variable) => [...variable.dataSync()]);

describe('saveWeights and loadWeights', () => {
  it('bring every weight back, bit for bit, and the metadata', async () => {
    const path = join(folder, 'a.safetensors');
    const [saved, other] = [make(1), make(2)];
    await saveWeights(path, saved, { epoch: '5' });
    expect(await loadWeights(path, other)).toEqual({ epoch: '5' });
    expect(values(other)).toEqual(values(saved));
  });
  it.each([
    ['a missing weight', make(2, [3, 4], 'new'), /new is missing/],
    ['another shape', make(2, [4, 4]), /w is \[3, 4\], expected \[4, 4\]/],
  ])('refuse %s and change nothing', async (_, weights, message) => {
    const path = join(folder, 'b.safetensors');
    await saveWeights(path, make(1), {});
    const before = values(weights);
    await expect(loadWeights(path, weights)).rejects.toThrow(message);
    expect(values(weights)).toEqual(before);
  });
  it('refuse numbers that are not finite', async () => {
    const path = join(folder, 'nan.safetensors');
    const broken = make(1);
    broken.variables.get('w')!.assign(tf.fill([3, 4], Number.NaN));
    await saveWeights(path, broken, {});
    await expect(loadWeights(path, make(1))).rejects.toThrow(/w holds values that are not finite/);
  });
  it('refuse a weight too many', async () => {
    const path = join(folder, 'c.safetensors');
    await saveWeights(path, make(1, [3, 4], 'old'), {});
    await expect(loadWeights(path, make(1))).rejects.toThrow(/old is not part of it/);
  });
});
