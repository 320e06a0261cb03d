import { describe, expect, it } from 'vitest';
import { evaluateImages } from '../../../src/evaluate/evaluate-images.ts';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import { type ImageScores, scoresOfImage } from '../../../src/evaluate/outcome/image-scores.ts';
import { building, detection } from '../../visualize/instances.ts';

const [HERE, THERE, ELSEWHERE]: [number, number, number, number][] = [
  [0, 0, 10, 10],
  [20, 20, 30, 40],
  [50, 50, 60, 60],
];

function scoresOf(truth: EvaluatedImage['truth'], detections: EvaluatedImage['detections']): ImageScores {
  const image = { id: 1, name: 'a.png', origin: null, width: 64, height: 64, truth, detections };
  const scores: ImageScores[] = [];
  evaluateImages([image], {
    ...{ maxDetections: 100, scoreThreshold: 0.5 },
    onOutcome: (_, outcome) => scores.push(scoresOfImage(outcome)),
  });
  return scores[0]!;
}

describe('scoresOfImage', () => {
  it('is worked out by hand: of two buildings one found, by 80 of its 100 pixels, and one false alarm', () => {
    const found = [detection([0, 0, 8, 10]), detection(ELSEWHERE!), detection(THERE!, 0.4)];
    expect(scoresOf([building(HERE!), building(THERE!)], found)).toEqual({
      precision: 1 / 2,
      recall: 1 / 2,
      f1: 1 / 2,
      iou: 80 / (300 + 100),
      dice: 160 / (300 + 180),
      panoptic_quality: 0.8 / 2,
    });
  });

  it('leaves out what lies in a crowd region', () => {
    const crowd = { ...building(ELSEWHERE!), crowd: true };
    const perfect = { precision: 1, recall: 1, f1: 1, iou: 1, dice: 1, panoptic_quality: 1 };
    expect(scoresOf([building(HERE!), crowd], [detection(HERE!), detection(ELSEWHERE!)])).toEqual(perfect);
  });

  it('has nothing to say of an empty image left empty, and is 0 for a false alarm or a miss', () => {
    const empty = { precision: null, recall: null, f1: null, iou: 1, dice: 1, panoptic_quality: null };
    expect(scoresOf([], [])).toEqual(empty);
    const wrong = { f1: 0, iou: 0, dice: 0, panoptic_quality: 0 };
    expect(scoresOf([], [detection(HERE!)])).toEqual({ ...wrong, precision: 0, recall: null });
    expect(scoresOf([building(HERE!)], [])).toEqual({ ...wrong, precision: null, recall: 0 });
  });
});
