import { describe, expect, it } from 'vitest';
import { unsoundImages } from '../../../src/train/trouble/unsound-images.ts';
import { addBuilding, greyBatch } from '../../support/host-batch.ts';

const PIXELS = 128 * 128 * 3;

describe('unsoundImages', () => {
  it('finds nothing in a sound batch: unused slots hold zeros', () => {
    const batch = greyBatch();
    addBuilding(batch, 0, [20, 30, 48, 58]);
    expect(unsoundImages(batch)).toEqual([]);
  });
  it('names the image with pixels that are not finite, and how many', () => {
    const batch = greyBatch(['a.png', 'b.png', 'c.png']);
    batch.images.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NaN], PIXELS);
    batch.images[3 * PIXELS - 1] = Number.NEGATIVE_INFINITY;
    expect(unsoundImages(batch)).toEqual([
      { place: 1, name: 'b.png', faults: ['pixels: 3 values are not finite'] },
      { place: 2, name: 'c.png', faults: ['pixels: 1 values are not finite'] },
    ]);
  });
  it('names boxes without area, inverted and not finite', () => {
    const batch = greyBatch();
    // Slots 3 to 5 belong to the second image.
    addBuilding(batch, 3, [20.3, 30, 20.3, 58.04]);
    addBuilding(batch, 4, [20, 58, 48, 30]);
    addBuilding(batch, 5, [20, Number.NaN, 48, 58]);
    expect(unsoundImages(batch)).toEqual([
      {
        place: 1,
        name: 'b.png',
        faults: [
          'box 0 [20.3, 30, 20.3, 58] has no area',
          'box 1 [20, 58, 48, 30] has no area',
          'box 2 [20, NaN, 48, 58] is not finite',
        ],
      },
    ]);
  });
  it('looks into unused slots, too: zero times NaN is NaN', () => {
    const batch = greyBatch();
    batch.boxes[0] = Number.NaN;
    expect(unsoundImages(batch).map(({ faults }) => faults)).toEqual([
      ['box 0 [NaN, 0, 0, 0] is not finite'],
    ]);
  });
  it('looks into masks and the map of touching buildings', () => {
    const batch = greyBatch();
    batch.masks[0] = Number.NaN;
    batch.touching[1] = Number.POSITIVE_INFINITY;
    expect(unsoundImages(batch)).toEqual([
      { place: 0, name: 'a.png', faults: ['masks: 1 values are not finite'] },
      { place: 1, name: 'b.png', faults: ['map of touching buildings: 1 values are not finite'] },
    ]);
  });
});
