import { describe, expect, it } from 'vitest';
import { fitImage, scaleBoxes } from '../../../scripts/golden/fit.ts';

describe('fitImage', () => {
  it.each([
    [
      'leaves an image of the size as it is',
      256,
      { image: [256, 256], resized: [256, 256], canvas: [256, 256] },
    ],
    ['pads to whole cells', 200, { image: [200, 200], resized: [200, 200], canvas: [224, 224] }],
    ['fits the longer side', 256, { image: [180, 300], resized: [153, 256], canvas: [160, 256] }],
    ['enlarges', 384, { image: [150, 210], resized: [274, 384], canvas: [288, 384] }],
  ] as const)('%s', (_, size, fit) => {
    expect(fitImage(fit.image, size)).toEqual(fit);
  });

  it.each([
    // A map of 24 cells on 65 pixels: torchvision takes the stride for 2.
    [[65, 65], 65],
    [[1000, 1], 256],
  ] as const)('refuses %j in %i, where torchvision goes astray', (image, size) => {
    expect(() => fitImage(image, size)).toThrow('cannot be checked');
  });
});

describe('scaleBoxes', () => {
  it('scales x by the widths and y by the heights', () => {
    const scaled = scaleBoxes(Float32Array.of(1, 2, 3, 4), [10, 20], [20, 80]);
    expect([...scaled]).toEqual([4, 4, 12, 8]);
  });
});
