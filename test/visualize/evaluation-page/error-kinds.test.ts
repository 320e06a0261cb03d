import { describe, expect, it } from 'vitest';
import { measureImage } from '../../../src/evaluate/matching/measure-image.ts';
import { countOutcome } from '../../../src/evaluate/outcome/count-outcome.ts';
import type {
  BuildingOutcome,
  DetectionOutcome,
  ImageOutcome,
} from '../../../src/evaluate/outcome/outcome.ts';
import { outcomeOf } from '../../../src/evaluate/outcome/outcome-of.ts';
import { errorsOf } from '../../../src/visualize/evaluation-page/error-kinds.ts';
import { randomImages } from '../../evaluate/random-images.ts';
import { errorImages, pageOf } from '../../support/evaluated-images.ts';

const building: BuildingOutcome = {
  ...{ truth: 0, kind: 'hit', merged: false, split: false, detection: 0, iou: 0.8 },
  ...{ size: 'small', area: 400, gap: null },
};
const detection: DetectionOutcome = {
  ...{ detection: 0, kind: 'hit', merges: false, piece: false, truth: 0, iou: 0.8 },
  ...{ size: 'medium', score: 0.9 },
};
const outcome: ImageOutcome = {
  ...{ id: 1, name: 'a.png', origin: null, size: [64, 64], buildings: [], detections: [] },
  pixels: { both: 0, truth: 0, found: 0 },
};

describe('errorsOf', () => {
  it('has each thing that went wrong, with its size', async () => {
    const { cases } = await pageOf(errorImages());
    const listed = cases.map((one) => errorsOf(one.outcome).map(({ kind, size }) => `${kind} ${size}`));
    expect(listed[0]).toEqual([]);
    expect(listed[1]).toEqual(['missed medium', 'background small', 'duplicate small']);
    expect(listed[2]!.filter((text) => text === 'merged small')).toHaveLength(2);
    expect(listed[2]!.filter((text) => text === 'split small')).toHaveLength(1);
  });

  it('counts a badly outlined building and its detection once, another bad detection as surplus', () => {
    const buildings = [{ ...building, kind: 'localisation' as const, detection: 3 }];
    const detections = [3, 4].map((i) => ({ ...detection, kind: 'localisation' as const, detection: i }));
    expect(errorsOf({ ...outcome, buildings, detections })).toEqual([
      { kind: 'localisation', size: 'small' },
      { kind: 'surplus', size: 'medium' },
    ]);
  });

  it('takes the rest of a wrong category for surplus, and what lies in a crowd region for no error', () => {
    const detections = (['both', 'class', 'crowd'] as const).map((kind, i) => ({
      ...detection,
      kind,
      detection: i,
    }));
    expect(errorsOf({ ...outcome, detections }).map(({ kind }) => kind)).toEqual(['surplus', 'surplus']);
  });

  it('adds up: to the buildings not found, and to the wrong detections', () => {
    for (let seed = 0; seed < 40; seed++) {
      const images = randomImages(seed, { images: 1, instances: 25, size: 90 });
      for (const image of images) {
        const options = { maxDetections: 100, categories: 1 };
        const judged = outcomeOf(image, measureImage(image, options), 0.3);
        const { buildings, detections } = countOutcome(judged);
        const { hits } = countOutcome(judged);
        const kinds = errorsOf(judged).map(({ kind }) => kind as string);
        const count = (...wanted: string[]) => kinds.filter((kind) => wanted.includes(kind)).length;
        expect(count('missed', 'localisation', 'class'), `seed ${seed}`).toBe(buildings - hits);
        expect(count('localisation', 'class', 'background', 'duplicate', 'surplus')).toBe(detections - hits);
      }
    }
  });
});
