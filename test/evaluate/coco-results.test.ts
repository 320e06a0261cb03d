import { describe, expect, it } from 'vitest';
import { predictionsToCoco } from '../../src/evaluate/coco-results.ts';
import { truthOf } from '../../src/evaluate/truth.ts';
import { rleArea, rleFromString } from '../../src/masks/rle.ts';
import { rleFromPolygons } from '../../src/masks/rle-from-polygons.ts';

const ring = [2, 1, 6, 1, 6, 4, 2, 4];

describe('predictionsToCoco', () => {
  it("writes COCO's results format", () => {
    const mask = rleFromPolygons([ring], 8, 10);
    const results = predictionsToCoco([
      { id: 7, detections: [{ box: [1, 2, 4, 6], score: 0.75, mask }] },
      { id: 9, detections: [] },
    ]);
    expect(results).toEqual([
      {
        image_id: 7,
        category_id: 1,
        bbox: [2, 1, 4, 3],
        score: 0.75,
        segmentation: { size: [8, 10], counts: expect.any(String) },
      },
    ]);
    const { size, counts } = JSON.parse(JSON.stringify(results[0]!.segmentation));
    expect(rleFromString(counts, size)).toEqual(mask);
  });

  it('is an empty list without detections', () => expect(predictionsToCoco([])).toEqual([]));
});

describe('truthOf', () => {
  it("has each building's mask at the image's size, with the annotated box and area", () => {
    const building = {
      id: 3,
      polygons: [ring, [7, 5, 9, 5, 9, 7]],
      box: [1, 2, 7, 9] as [number, number, number, number],
      area: 14,
    };
    const [truth] = truthOf({ width: 10, height: 8, buildings: [building] });
    expect(truth).toMatchObject({ box: [1, 2, 7, 9], area: 14, crowd: false });
    expect(truth!.mask.size).toEqual([8, 10]);
    expect(rleArea(truth!.mask)).toBeGreaterThanOrEqual(12);
    expect(truth!.mask).toEqual(rleFromPolygons(building.polygons, 8, 10));
  });
});
