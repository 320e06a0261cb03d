import { describe, expect, it } from 'vitest';
import { fitToCanvas } from '../../../scripts/golden/canvas.ts';
import { RGB_MEAN } from '../../../src/model/mask-rcnn.ts';
import { tf } from '../../../src/system/tensorflow.ts';

describe('fitToCanvas', () => {
  const fit = { image: [2, 3], resized: [2, 3], canvas: [32, 32] } as const;
  const image = Float32Array.from({ length: 18 }, (_, i) => i / 18);

  it('puts channels last, at the top left', () => {
    tf.tidy(() => {
      const canvas = fitToCanvas(image, fit, RGB_MEAN);
      expect(canvas.shape).toEqual([1, 32, 32, 3]);
      // Row 1, column 2: the last pixel of each channel.
      expect([...canvas.slice([0, 1, 2, 0], [1, 1, 1, 3]).dataSync()]).toEqual(
        [5 / 18, 11 / 18, 17 / 18].map(Math.fround),
      );
    });
  });

  it('pads with what the model makes exactly 0', () => {
    tf.tidy(() => {
      const padding = fitToCanvas(image, fit, RGB_MEAN).slice([0, 2, 0, 0], [1, 30, 32, 3]);
      const normalised = padding.sub(tf.tensor1d([...RGB_MEAN]));
      expect(normalised.dataSync().every((value) => value === 0)).toBe(true);
    });
  });

  it('resizes between pixel centres', () => {
    tf.tidy(() => {
      const canvas = fitToCanvas(image, { ...fit, resized: [4, 6] }, RGB_MEAN);
      // Half-size pixel (1, 1) is centred at 0.25 of a pixel below and right of the first centre.
      const [a, b, c, d] = [image[0]!, image[1]!, image[3]!, image[4]!];
      const expected = 0.75 * (0.75 * a + 0.25 * b) + 0.25 * (0.75 * c + 0.25 * d);
      expect(canvas.slice([0, 1, 1, 0], [1, 1, 1, 1]).dataSync()[0]).toBeCloseTo(expected, 6);
    });
  });
});
