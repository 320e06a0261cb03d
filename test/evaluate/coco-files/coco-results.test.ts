import { describe, expect, it } from 'vitest';
import { predictionsToCoco } from '../../../src/evaluate/coco-files/coco-results.ts';
import { rleFromString } from '../../../src/masks/rle.ts';
import { rleFromPolygons } from '../../../src/masks/rle-from-polygons.ts';

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
