import { describe, expect, it } from 'vitest';
import type { PreparedImage } from '../../src/data/prepared.ts';
import { trainingOrder, trainingPass } from '../../src/data/training-order.ts';
import { testParams } from '../support/test-params.ts';

const { augment: none } = testParams('');
const imagesUpTo = (count: number) =>
  Array.from({ length: count }, (_, id) => ({ id, buildings: [] }) as unknown as PreparedImage);
const size = { batchSize: 4, imageSize: 32 };

describe('trainingPass', () => {
  const params = testParams('');

  it('augments where train.augment says so', () => {
    expect(trainingPass(params, 1).augment).toBe(params.augment);
    const plain = { ...params, train: { ...params.train, augment: false } };
    expect(trainingPass(plain, 1).augment).toBe(null);
  });
  it('is another one in each epoch and for each seed', () => {
    const seeds = [trainingPass(params, 1), trainingPass(params, 2), trainingPass({ ...params, seed: 9 }, 1)];
    expect(new Set(seeds.map(({ seed }) => seed.join())).size).toBe(3);
  });
});

describe('trainingOrder', () => {
  it.each([
    ['one for copy-paste', { ...none, copy_paste: 0.5 }, 1],
    ['three for a mosaic', { ...none, mosaic: 0.5 }, 3],
    ['four for both', { ...none, copy_paste: 0.5, mosaic: 0.5 }, 4],
    ['none for less', none, 0],
  ])('gives other images to draw on: %s', (_, augment, wanted) => {
    const { requestAt } = trainingOrder(imagesUpTo(5), size, { augment, seed: [1] });
    const seen = new Set<string>();
    for (let place = 0; place < 200; place++) {
      const { image, donors } = requestAt(place);
      expect(donors).toHaveLength(wanted);
      for (const donor of donors) seen.add(`${image.id} ${donor.id}`);
      expect(donors).not.toContain(image);
    }
    // Each of the five images meets all of the other four.
    expect(seen.size).toBe(wanted === 0 ? 0 : 20);
  });
  it('gives an image itself where it is alone', () => {
    const augment = { ...none, mosaic: 1 };
    const { batches, requestAt } = trainingOrder(imagesUpTo(1), size, { augment, seed: [1] });
    expect(batches).toBe(1);
    expect(requestAt(2).donors.map(({ id }) => id)).toEqual([0, 0, 0]);
  });
  it('has a seed for each place, and another in each pass', () => {
    const seeds = [1, 2].flatMap((epoch) => {
      const { requestAt } = trainingOrder(imagesUpTo(3), size, { augment: none, seed: [0, 'train', epoch] });
      return [0, 1, 2, 3].map((place) => requestAt(place).seed.join());
    });
    expect(new Set(seeds).size).toBe(8);
  });
  it('has no batches without images', () => {
    expect(trainingOrder([], size, { augment: none, seed: [1] }).batches).toBe(0);
  });
});
