import { describe, expect, it } from 'vitest';
import type { Detection, GroundTruth } from '../../src/evaluate/detections.ts';
import { boxArea, boxOverlaps, maskOverlaps } from '../../src/evaluate/overlaps.ts';
import { rleIou } from '../../src/masks/rle.ts';
import { rleFromPolygons } from '../../src/masks/rle-from-polygons.ts';
import { randomImages } from './coco-sets.ts';

type Box = [number, number, number, number];

function detection(box: Box): Detection {
  const [y1, x1, y2, x2] = box;
  return { box, score: 1, mask: rleFromPolygons([[x1, y1, x2, y1, x2, y2, x1, y2]], 20, 20) };
}
const building = (box: Box, crowd = false): GroundTruth => ({ ...detection(box), area: 1, crowd });

describe('boxOverlaps', () => {
  it('is intersection over union, detections in rows', () => {
    const found = [detection([0, 0, 4, 4]), detection([2, 2, 6, 6])];
    const truth = [building([0, 0, 4, 2]), building([2, 2, 6, 6]), building([10, 10, 12, 12])];
    expect([...boxOverlaps(found, truth)]).toEqual([8 / 16, 4 / 28, 0, 0, 1, 0]);
  });

  it('divides by the detection alone where the building is a crowd', () => {
    expect([...boxOverlaps([detection([0, 0, 4, 4])], [building([0, 0, 20, 2], true)])]).toEqual([8 / 16]);
  });

  it('is 0 for boxes that only touch, and for empty ones', () => {
    expect([
      ...boxOverlaps([detection([0, 0, 4, 4])], [building([4, 0, 8, 4]), building([1, 1, 1, 1])]),
    ]).toEqual([0, 0]);
  });
});

describe('maskOverlaps', () => {
  it('is the IoU of each pair of masks, none left out', () => {
    for (let seed = 0; seed < 5; seed++) {
      for (const { detections, truth } of randomImages(seed, { images: 3, instances: 8, size: 60 })) {
        const expected = detections.flatMap(({ mask }) =>
          truth.map((real) => rleIou(mask, real.mask, real.crowd)),
        );
        expect([...maskOverlaps(detections, truth)]).toEqual(expected);
      }
    }
  });

  it('is empty without detections or without buildings', () => {
    expect(maskOverlaps([], [building([0, 0, 4, 4])])).toHaveLength(0);
    expect(maskOverlaps([detection([0, 0, 4, 4])], [])).toHaveLength(0);
  });
});

describe('boxArea', () => {
  it('is height times width', () => expect(boxArea([1, 2, 4, 12])).toBe(30));
});
