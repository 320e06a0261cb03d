import { describe, expect, it } from 'vitest';
import type { Building } from '../../../src/data/prepared.ts';
import { evaluateImages } from '../../../src/evaluate/evaluate-images.ts';
import type { Detection } from '../../../src/evaluate/images/detections.ts';
import { truthOf } from '../../../src/evaluate/images/truth.ts';
import { rleArea, rleBox } from '../../../src/masks/rle.ts';
import { rleFromPolygons } from '../../../src/masks/rle-from-polygons.ts';

const square = (x: number, y: number, side: number) => [x, y, x + side, y, x + side, y + side, x, y + side];
const building: Building = { id: 1, polygons: [square(2, 3, 10)], box: [3, 2, 13, 12], area: 100 };
const image = { width: 40, height: 30, buildings: [building], crowds: [[square(20, 5, 15)]] };

function detection(x: number, y: number, side: number, score: number): Detection {
  const mask = rleFromPolygons([square(x, y, side)], image.height, image.width);
  return { box: [y, x, y + side, x + side], score, mask };
}

describe('truthOf', () => {
  it('gives buildings, then crowd regions, in pixels of the image', () => {
    const [first, second] = truthOf(image);
    expect(first).toMatchObject({ box: [3, 2, 13, 12], area: 100, crowd: false });
    expect(second).toMatchObject({ box: [5, 20, 20, 35], area: 225, crowd: true });
    expect([rleArea(second!.mask), rleBox(second!.mask)]).toEqual([225, [5, 20, 20, 35]]);
    expect(second!.mask.size).toEqual([30, 40]);
  });

  it('makes one mask of all parts of a building', () => {
    const parts = [square(2, 3, 10), square(20, 5, 4)];
    const [truth] = truthOf({ ...image, buildings: [{ ...building, polygons: parts }], crowds: [] });
    expect(truth!.mask).toEqual(rleFromPolygons(parts, image.height, image.width));
    expect(rleArea(truth!.mask)).toBe(116);
  });

  it('makes what is found in a crowd region neither a hit nor a false alarm', async () => {
    const options = { maxDetections: 100, scoreThreshold: 0.5 };
    const measure = async (found: Detection[], crowds: number[][][]) => {
      const truth = truthOf({ ...image, crowds });
      const whole = { id: 1, name: 'a.png', origin: null, ...image, truth, detections: found };
      return (await evaluateImages([whole], options)).metrics;
    };
    const right = detection(2, 3, 10, 0.8);
    const inCrowd = detection(22, 7, 8, 0.9);
    const hit = { iou: 1, dice: 1, mask: { ap: expect.closeTo(1, 12) }, box: { ap: expect.closeTo(1, 12) } };
    const counts = { buildings: 1, detections: 1, precision: 1, recall: 1 };
    expect(await measure([right], image.crowds)).toMatchObject({ ...hit, ...counts });
    expect(await measure([right, inCrowd], image.crowds)).toMatchObject({ ...hit, ...counts });
    expect(await measure([right, inCrowd], [])).toMatchObject({
      buildings: 1,
      detections: 2,
      precision: 0.5,
      recall: 1,
    });
    expect((await measure([right, inCrowd], [])).mask.ap).toBeCloseTo(0.5, 12);
    expect((await measure([right, inCrowd], [])).iou).toBeCloseTo(100 / 164, 12);
  });
});
