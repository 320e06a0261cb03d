import { describe, expect, it } from 'vitest';
import { pairImages } from '../../../src/evaluate/compare-runs/pair-images.ts';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import { randomImages } from '../random-images.ts';

const IMAGES = randomImages(1, { images: 6, instances: 6, size: 50 }).toSorted((a, b) => a.id - b.id);
/** The image with the most buildings. */
const TOWN = IMAGES.reduce((best, image) => (image.truth.length > best.truth.length ? image : best));

const sourceOf = (folder: string, images: EvaluatedImage[], categories = ['building']) => ({
  folder,
  files: { images, names: images.map(({ name }) => name), categories },
});

const withTown = (change: (town: EvaluatedImage) => Partial<EvaluatedImage>) =>
  IMAGES.map((image) => (image === TOWN ? { ...image, ...change(image) } : image));

describe('pairImages', () => {
  it('gives each image as both runs have it, as often as one likes', async () => {
    const others = IMAGES.map((image) => ({ ...image, detections: [] }));
    const paired = await pairImages(sourceOf('a', IMAGES), sourceOf('b', others));
    expect([...paired.a]).toEqual(IMAGES);
    expect([...paired.b]).toEqual(others);
    expect([...paired.b]).toEqual(others);
    expect([paired.onlyA, paired.onlyB]).toEqual([0, 0]);
  });

  it('leaves out and counts what only one has; an id with another file name is another image', async () => {
    const renamed = { ...IMAGES[2]!, name: 'elsewhere.png' };
    const others = [IMAGES[1]!, renamed, ...IMAGES.slice(3)];
    const paired = await pairImages(sourceOf('a', IMAGES), sourceOf('b', others));
    expect([...paired.a]).toEqual([IMAGES[1], ...IMAGES.slice(3)]);
    expect([...paired.b]).toEqual([IMAGES[1], ...IMAGES.slice(3)]);
    expect([paired.count, paired.onlyA, paired.onlyB]).toEqual([4, 2, 1]);
  });

  it('pairs by name, whatever the ids and their order, with the ids of the first run', async () => {
    const others = IMAGES.slice(1)
      .toReversed()
      .map((image, i) => ({ ...image, id: i + 1, detections: [] }));
    const paired = await pairImages(sourceOf('a', IMAGES), sourceOf('b', others));
    expect([...paired.a]).toEqual(IMAGES.slice(1));
    expect([...paired.b]).toEqual(
      IMAGES.slice(1)
        .toReversed()
        .map((image) => ({ ...image, detections: [] })),
    );
    expect([paired.onlyA, paired.onlyB]).toEqual([1, 0]);
  });

  it('pairs by id and name where two images have one name', async () => {
    const named = IMAGES.map((image) => ({ ...image, name: 'tile.png' }));
    const paired = await pairImages(sourceOf('a', named), sourceOf('b', named.slice(2)));
    expect([...paired.b]).toEqual(named.slice(2));
    expect([paired.onlyA, paired.onlyB]).toEqual([2, 0]);
    const others = named.map((image) => ({ ...image, id: image.id + 100 }));
    await expect(pairImages(sourceOf('a', named), sourceOf('b', others))).rejects.toThrow(
      'no image in common, by id and file name (6 and 6 images)',
    );
  });

  it('stops when it is told to', async () => {
    const slow = sourceOf('a', IMAGES);
    const images = {
      *[Symbol.iterator]() {
        for (const image of IMAGES) {
          for (const end = performance.now() + 60; performance.now() < end; );
          yield image;
        }
      },
    };
    const reason = new Error('stopped');
    const pair = pairImages({ ...slow, files: { ...slow.files, images } }, slow, AbortSignal.abort(reason));
    await expect(pair).rejects.toBe(reason);
  });

  it('takes the same buildings in another order for the same', async () => {
    const others = withTown(({ truth }) => ({ truth: truth.toReversed() }));
    expect([...(await pairImages(sourceOf('a', IMAGES), sourceOf('b', others))).b]).toHaveLength(6);
  });

  it.each([
    [
      'a building less',
      withTown(({ truth }) => ({ truth: truth.slice(1) })),
      /: \d+ buildings in a, \d+ in b;/,
    ],
    [
      'another outline',
      withTown(({ truth: [first, ...others] }) => ({
        truth: [{ ...first!, mask: others[0]!.mask }, ...others],
      })),
      /: the same number of buildings \(\d+\), but not the same outlines/,
    ],
    ['another size', withTown(({ height }) => ({ height: height + 1 })), /: the same number of buildings/],
  ])('refuses %s, names the image and says what to do', async (_, others, how) => {
    const pair = () => pairImages(sourceOf('a', IMAGES), sourceOf('b', others));
    await expect(pair()).rejects.toThrow(`The ground truth of image ${TOWN.id} (${TOWN.name}) differs: `);
    await expect(pair()).rejects.toThrow(how);
    await expect(pair()).rejects.toThrow('measure both runs on the same prepared data with aerial inference');
  });

  it('refuses runs without a common image, and of other categories', async () => {
    const [a, b] = [sourceOf('a', IMAGES.slice(0, 2)), sourceOf('b', IMAGES.slice(2))];
    await expect(pairImages(a, b)).rejects.toThrow(
      'a and b have no image in common, by file name (2 and 4 images)',
    );
    await expect(pairImages(sourceOf('a', []), sourceOf('b', []))).rejects.toThrow('no image in common');
    const roads = sourceOf('b', IMAGES, ['building', 'road']);
    await expect(pairImages(sourceOf('a', IMAGES), roads)).rejects.toThrow(
      'The categories differ: building in a, building, road in b',
    );
  });
});
