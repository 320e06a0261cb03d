import { describe, expect, it } from 'vitest';
import { evaluateImages } from '../../../src/evaluate/evaluate-images.ts';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import { figuresOfImage, type ImageFigures } from '../../../src/evaluate/outcome/image-figures.ts';
import { building, detection } from '../../visualize/instances.ts';

const [HERE, THERE, ELSEWHERE]: [number, number, number, number][] = [
  [0, 0, 10, 10],
  [20, 20, 30, 40],
  [50, 50, 60, 60],
];

async function figuresOf(
  truth: EvaluatedImage['truth'],
  detections: EvaluatedImage['detections'],
): Promise<ImageFigures> {
  const image = { id: 1, name: 'a.png', origin: null, width: 64, height: 64, truth, detections };
  const figures: ImageFigures[] = [];
  await evaluateImages([image], {
    ...{ maxDetections: 100, scoreThreshold: 0.5 },
    onOutcome: (_, outcome) => figures.push(figuresOfImage(outcome)),
  });
  return figures[0]!;
}

describe('figuresOfImage', () => {
  it('is worked out by hand: of two buildings one found, by 80 of its 100 pixels, and one false alarm', async () => {
    const found = [detection([0, 0, 8, 10]), detection(ELSEWHERE!), detection(THERE!, 0.4)];
    expect(await figuresOf([building(HERE!), building(THERE!)], found)).toEqual({
      precision: 1 / 2,
      recall: 1 / 2,
      f1: 1 / 2,
      iou: 80 / (300 + 100),
      dice: 160 / (300 + 180),
      panoptic_quality: 0.8 / 2,
    });
  });

  it('leaves out what lies in a crowd region', async () => {
    const crowd = { ...building(ELSEWHERE!), crowd: true };
    const perfect = { precision: 1, recall: 1, f1: 1, iou: 1, dice: 1, panoptic_quality: 1 };
    expect(await figuresOf([building(HERE!), crowd], [detection(HERE!), detection(ELSEWHERE!)])).toEqual(
      perfect,
    );
  });

  it('has nothing to say of an empty image left empty, and is 0 for a false alarm or a miss', async () => {
    const empty = { precision: null, recall: null, f1: null, iou: 1, dice: 1, panoptic_quality: null };
    expect(await figuresOf([], [])).toEqual(empty);
    const wrong = { f1: 0, iou: 0, dice: 0, panoptic_quality: 0 };
    expect(await figuresOf([], [detection(HERE!)])).toEqual({ ...wrong, precision: 0, recall: null });
    expect(await figuresOf([building(HERE!)], [])).toEqual({ ...wrong, precision: null, recall: 0 });
  });
});
