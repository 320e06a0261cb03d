import { describe, expect, it } from 'vitest';
import { worstFirst } from '../../../src/visualize/evaluation-page/page-case.ts';
import { errorImages, evaluatedImage, pageOf } from '../../support/evaluated-images.ts';

describe('worstFirst', () => {
  it('puts the lowest panoptic quality first, and images without anything last', async () => {
    const { cases } = await pageOf(errorImages());
    expect(cases.toSorted(worstFirst).map(({ image }) => image.id)).toEqual([3, 2, 1, 4]);
  });

  it('then the image with more errors, then the lower id', async () => {
    const one = [[0, 0, 20, 20]] as const;
    const two = [
      [0, 0, 20, 20],
      [40, 40, 60, 60],
    ] as const;
    const images = [evaluatedImage(7, one, []), evaluatedImage(5, one, []), evaluatedImage(9, [], two)];
    const { cases } = await pageOf(images);
    expect(cases.toSorted(worstFirst).map(({ image }) => image.id)).toEqual([9, 5, 7]);
  });
});
