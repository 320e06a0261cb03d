import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { EvaluatedImage } from '../../src/evaluate/images/detections.ts';
import { measureImage } from '../../src/evaluate/matching/measure-image.ts';
import { outcomeOf } from '../../src/evaluate/outcome/outcome-of.ts';
import { comparisonPngOf } from '../../src/visualize/comparison-of.ts';
import { building, detection } from './instances.ts';

const SIDE = 64;
const SCALE = 6;

/** Colours at places in the panels of ground truth and prediction. */
async function colorsIn(image: EvaluatedImage, maxDetections: number) {
  const encoded = await sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: '#000' } })
    .png()
    .toBuffer();
  const outcome = outcomeOf(image, measureImage(image, { maxDetections }), 0.5);
  const png = await comparisonPngOf(image, encoded, { outcome, scoreThreshold: 0.5 });
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const [top, panel] = [info.height - 10 - SIDE * SCALE, SIDE * SCALE];
  return ([y, x]: [number, number]) => {
    const at = (nth: number) => {
      const left = 10 + nth * (panel + 6);
      const start = 3 * ((top + SCALE * y) * info.width + left + SCALE * x);
      return [...data.subarray(start, start + 3)].join();
    };
    return { truth: at(1), prediction: at(2) };
  };
}

const image: EvaluatedImage = {
  ...{ id: 1, name: 'a.png', origin: null, width: SIDE, height: SIDE },
  truth: [building([4, 4, 24, 24]), { ...building([40, 4, 60, 24]), crowd: true }, building([4, 40, 24, 60])],
  // Right, below the threshold, and in the crowd region; a building twice.
  detections: [
    detection([4, 4, 24, 24], 0.9),
    detection([30, 30, 38, 38], 0.4),
    detection([40, 4, 60, 24], 0.8),
    detection([4, 40, 24, 60], 0.7),
    detection([5, 40, 24, 60], 0.6),
  ],
};

describe('comparisonPngOf', () => {
  it('draws what counts, in the colours of the buildings that were found', async () => {
    const colorsAt = await colorsIn(image, 100);
    const [first, third] = [colorsAt([7, 8]), colorsAt([7, 44])];
    expect(first.prediction).toBe(first.truth);
    expect(third.truth).not.toBe(first.truth);
    expect(colorsAt([34, 34])).toEqual({ truth: '0,0,0', prediction: '0,0,0' });
    const crowd = colorsAt([43, 8]);
    expect(crowd.truth).toBe('0,0,0');
    expect(crowd.prediction).not.toBe('0,0,0');
    expect([first.truth, third.truth]).not.toContain(crowd.prediction);
  });

  it('draws no more detections than are measured', async () => {
    const colorsAt = await colorsIn(image, 1);
    expect(colorsAt([7, 8]).prediction).toBe(colorsAt([7, 8]).truth);
    expect(colorsAt([7, 44]).prediction).toBe('0,0,0');
  });
});
