import { describe, expect, it } from 'vitest';
import type { EvaluatedImage } from '../../src/evaluate/detections.ts';
import { measureImage, rankDetections } from '../../src/evaluate/measure-image.ts';
import { boxMask, randomImages } from './random-images.ts';

type Box = [number, number, number, number];

const SIZE = 60;
const at = (box: Box) => ({ box, mask: boxMask(box, SIZE, SIZE) });
const options = { maxDetections: 100, scoreThreshold: 0.5 };

describe('rankDetections', () => {
  it('puts the highest score first, of equal ones the first given, and keeps as many as wanted', () => {
    const detections = [0.2, 0.9, 0.2, 1, 0.9].map((score) => ({ score }));
    expect([...rankDetections(detections, 4)]).toEqual([3, 1, 4, 0]);
    expect([...rankDetections([], 4)]).toEqual([]);
  });
});

describe('measureImage', () => {
  const [first, second]: Box[] = [
    [2, 2, 22, 22],
    [30, 30, 55, 55],
  ];
  const image: EvaluatedImage = {
    id: 3,
    width: SIZE,
    height: SIZE,
    truth: [
      { ...at(second!), area: 500, crowd: false },
      { ...at(first!), area: 300, crowd: false },
      { ...at([0, 40, 20, 60]), area: 300, crowd: true },
    ],
    detections: [
      { ...at(first!), score: 0.4 },
      { ...at([40, 0, 50, 20]), score: 0.7 },
      { ...at(second!), score: 0.8 },
    ],
  };

  it('says which building each detection takes, in order of score', () => {
    const { order, mask, box, boundary } = measureImage(image, options);
    expect([...order]).toEqual([2, 1, 0]);
    for (const { scores, buildings } of [mask, box, boundary]) {
      expect([...scores]).toEqual([0.8, 0.7, 0.4]);
      expect([...buildings]).toEqual([0, -1, 1]);
    }
  });

  it('counts pixels and detections from the threshold on, and buildings without crowds', () => {
    const { pixels, buildings, detections } = measureImage(image, options);
    expect([buildings, detections]).toEqual([2, 2]);
    expect(pixels.found).toBeLessThan(pixels.truth);
    const all = measureImage(image, { ...options, scoreThreshold: 0 });
    expect(all.detections).toBe(3);
    expect(all.pixels.both).toBeGreaterThan(pixels.both);
  });

  it('holds a coarse outline of a large building against the boundary more than against the mask', () => {
    const [truth, found] = [at([0, 0, 200, 200]), at([6, 6, 194, 194])].map(({ box }) => ({
      box,
      mask: boxMask(box, 200, 200),
    }));
    const { mask, boundary } = measureImage(
      {
        ...{ id: 1, width: 200, height: 200 },
        truth: [{ ...truth!, area: 40_000, crowd: false }],
        detections: [{ ...found!, score: 1 }],
      },
      options,
    );
    const reached = ({ ranges }: typeof mask) => ranges.all.right[0]!.toString(2).length;
    expect(reached(mask)).toBeGreaterThan(reached(boundary));
  });

  it('can be sent between threads', () => {
    for (const each of randomImages(6, { images: 3, instances: 8, size: 60 })) {
      const measured = measureImage(each, options);
      expect(structuredClone(measured)).toEqual(measured);
    }
  });
});
