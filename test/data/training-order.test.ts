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

describe('trainingOrder with sizes', () => {
  const many = imagesUpTo(400);
  const order = (sizes: number[], batchesPerUpdate: number, { epoch = 1, batchSize = 4 } = {}) =>
    trainingOrder(
      many,
      { batchSize, imageSize: 32 },
      {
        augment: none,
        seed: [17, 'train', epoch],
        sizes: { sizes, batchesPerUpdate },
      },
    );
  const drawn = ({ batches, imageSizeOf }: ReturnType<typeof order>) =>
    Array.from({ length: batches }, (_, batch) => imageSizeOf(batch));

  it('comes from params: train.image_sizes, and as many batches as make an update', () => {
    const params = testParams('');
    expect(trainingPass(params, 1).sizes).toBe(null);
    const train = { ...params.train, image_sizes: [96, 128], accumulation_steps: 3 };
    expect(trainingPass({ ...params, train }, 1).sizes).toEqual({ sizes: [96, 128], batchesPerUpdate: 3 });
  });
  it('has one size without them', () => {
    expect(new Set(drawn(trainingOrder(many, size, { augment: none, seed: [1] })))).toEqual(new Set([32]));
  });
  it('draws each about as often, anew in each epoch, the same whenever it is asked', () => {
    const sizes = drawn(order([64, 96, 128], 1));
    for (const each of [64, 96, 128]) {
      // A hundred batches: a third of them, give or take three deviations of 4.7.
      expect(Math.abs(sizes.filter((drawnSize) => drawnSize === each).length - 100 / 3)).toBeLessThan(14);
    }
    expect(drawn(order([64, 96, 128], 1))).toEqual(sizes);
    expect(drawn(order([64, 96, 128], 1, { epoch: 2 }))).not.toEqual(sizes);
  });
  it('is one for all batches of an update, and for all images of a batch', () => {
    const three = order([64, 96, 128], 3);
    const sizes = drawn(three);
    for (let batch = 0; batch < sizes.length; batch++) {
      expect(sizes[batch]).toBe(sizes[batch - (batch % 3)]);
      for (let n = 0; n < 4; n++) expect(three.requestAt(4 * batch + n).size).toBe(sizes[batch]);
    }
    expect(new Set(sizes).size).toBe(3);
  });
  it('gives each image the size it would have had in a batch twice as large, of half as many', () => {
    const [whole, halved] = [order([64, 96], 1, { batchSize: 4 }), order([64, 96], 2, { batchSize: 2 })];
    for (let place = 0; place < 400; place++) {
      expect(halved.requestAt(place)).toEqual(whole.requestAt(place));
    }
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
