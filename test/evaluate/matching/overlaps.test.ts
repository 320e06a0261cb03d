import { describe, expect, it } from 'vitest';
import type { Detection, GroundTruth } from '../../../src/evaluate/images/detections.ts';
import {
  boundaryOverlaps,
  boxArea,
  boxOverlaps,
  maskOverlaps,
} from '../../../src/evaluate/matching/overlaps.ts';
import { rleBoundary } from '../../../src/masks/boundary.ts';
import { type Rle, rleIou } from '../../../src/masks/rle.ts';
import { rleFromPolygons } from '../../../src/masks/rle-from-polygons.ts';
import { randomImages } from '../random-images.ts';

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

  it('takes the sides that a COCO file gives: the last bit decides whether one half is reached', () => {
    const wide = building([0, 0.8, 1, 0.8 + 1.4]);
    const half = detection([0, 0.8, 1, 0.8 + 0.7]);
    expect(boxOverlaps([half], [wide])[0]).toBe(0.49999999999999994);
    const overlaps = boxOverlaps([{ ...half, sides: [1, 0.7] }], [{ ...wide, sides: [1, 1.4] }]);
    expect(overlaps[0]).toBe(0.5000000000000001);
  });

  it('is 0 for boxes that only touch or lie apart, and for empty ones', () => {
    expect([
      ...boxOverlaps([detection([0, 0, 4, 4])], [building([4, 0, 8, 4]), building([1, 1, 1, 1])]),
      ...boxOverlaps([detection([0, 0, 4, 4])], [building([9, 0, 12, 4]), building([0, 9, 4, 12])]),
    ]).toEqual([0, 0, 0, 0]);
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

describe('boundaryOverlaps', () => {
  const SIZE = 200;
  /** A fiftieth of the diagonal. */
  const RIM = 6;
  const square = (from: number, to: number) => [from, from, to, from, to, to, from, to];
  const maskOf = (...rings: number[][]) => rleFromPolygons(rings, SIZE, SIZE);
  const overlap = (found: Rle, truth: Rle, crowd = false) => {
    const [detections, buildings] = [[{ mask: found }], [{ mask: truth, crowd }]];
    return boundaryOverlaps(detections, buildings, maskOverlaps(detections, buildings))[0]!;
  };
  const rimOf = (from: number, to: number) => (to - from) ** 2 - (to - from - 2 * RIM) ** 2;

  it('is the IoU of the rims where that is smaller: an outline 3 pixels off all around', () => {
    const [truth, found] = [maskOf(square(20, 120)), maskOf(square(23, 117))];
    const both = 94 ** 2 - (100 - 2 * RIM) ** 2;
    const expected = both / (rimOf(20, 120) + rimOf(23, 117) - both);
    expect(overlap(found, truth)).toBeCloseTo(expected, 12);
    expect(expected).toBeLessThan(0.5);
    expect(rleIou(found, truth)).toBeGreaterThan(0.85);
  });

  it('is the IoU of the masks where that is smaller: a building of which only the rim was found', () => {
    const truth = maskOf(square(20, 60));
    const found = rleBoundary(truth, RIM);
    expect(overlap(found, truth)).toBeCloseTo(rimOf(20, 60) / 40 ** 2, 12);
    expect(rleIou(found, truth)).toBeGreaterThan(0.5);
  });

  it('is that of the masks for crowd regions, and where nothing can match', () => {
    const crowd = maskOf(square(20, 120));
    expect(overlap(maskOf(square(23, 117)), crowd, true)).toBe(1);
    const [a, b] = [maskOf(square(20, 120)), maskOf(square(60, 160))];
    expect(overlap(a, b)).toBe(rleIou(a, b));
  });
});

describe('boxArea', () => {
  it('is height times width', () => expect(boxArea({ box: [1, 2, 4, 12] })).toBe(30));

  it('takes the sides that a COCO file gives', () => {
    expect(boxArea({ box: [0.8, 0.8, 0.8 + 1.4, 0.8 + 1.4], sides: [1.4, 1.4] })).toBe(1.4 * 1.4);
    expect(boxArea({ box: [0.8, 0.8, 0.8 + 1.4, 0.8 + 1.4] })).not.toBe(1.4 * 1.4);
  });
});
