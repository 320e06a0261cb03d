import { describe, expect, it } from 'vitest';
import { pairImages } from '../../../src/evaluate/compare-runs/pair-images.ts';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import { randomImages } from '../random-images.ts';

const IMAGES = randomImages(1, { images: 6, instances: 6, size: 50 }).toSorted((a, b) => a.id - b.id);
/** The image with the most buildings. */
const TOWN = IMAGES.reduce((best, image) => (image.truth.length > best.truth.length ? image : best));

const sourceOf = (folder: string, images: EvaluatedImage[], categories = ['building']) => ({
  folder,
  files: { images, categories },
});

const withTown = (change: (town: EvaluatedImage) => Partial<EvaluatedImage>) =>
  IMAGES.map((image) => (image === TOWN ? { ...image, ...change(image) } : image));

describe('pairImages', () => {
  it('gives each image as both runs have it, as often as one likes', () => {
    const others = IMAGES.map((image) => ({ ...image, detections: [] }));
    const paired = pairImages(sourceOf('a', IMAGES), sourceOf('b', others));
    expect([...paired.a]).toEqual(IMAGES);
    expect([...paired.b]).toEqual(others);
    expect([...paired.b]).toEqual(others);
    expect([paired.onlyA, paired.onlyB]).toEqual([0, 0]);
  });

  it('leaves out and counts what only one has; an id with another file name is another image', () => {
    const renamed = { ...IMAGES[2]!, name: 'elsewhere.png' };
    const others = [IMAGES[1]!, renamed, ...IMAGES.slice(3)];
    const paired = pairImages(sourceOf('a', IMAGES), sourceOf('b', others));
    expect([...paired.a]).toEqual([IMAGES[1], ...IMAGES.slice(3)]);
    expect([...paired.b]).toEqual([IMAGES[1], ...IMAGES.slice(3)]);
    expect([paired.count, paired.onlyA, paired.onlyB]).toEqual([4, 2, 1]);
  });

  it('takes the same buildings in another order for the same', () => {
    const others = withTown(({ truth }) => ({ truth: truth.toReversed() }));
    expect([...pairImages(sourceOf('a', IMAGES), sourceOf('b', others)).b]).toHaveLength(6);
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
  ])('refuses %s, names the image and says what to do', (_, others, how) => {
    const pair = () => pairImages(sourceOf('a', IMAGES), sourceOf('b', others));
    expect(pair).toThrow(`The ground truth of image ${TOWN.id} (${TOWN.name}) differs: `);
    expect(pair).toThrow(how);
    expect(pair).toThrow('measure both runs on the same prepared data with aerial inference');
  });

  it('refuses runs without a common image, and of other categories', () => {
    const [a, b] = [sourceOf('a', IMAGES.slice(0, 2)), sourceOf('b', IMAGES.slice(2))];
    expect(() => pairImages(a, b)).toThrow(
      'a and b have no image in common, by id and file name (2 and 4 images)',
    );
    expect(() => pairImages(sourceOf('a', []), sourceOf('b', []))).toThrow('no image in common');
    const roads = sourceOf('b', IMAGES, ['building', 'road']);
    expect(() => pairImages(sourceOf('a', IMAGES), roads)).toThrow(
      'The categories differ: building in a, building, road in b',
    );
  });
});
