/**
 * From a sample to its part of a batch. Knows nothing of TensorFlow.
 */
import { polygonArea, polygonsBox } from '../masks/polygon.ts';
import { rasterizeCoverage } from '../masks/rasterize.ts';
import type { Sample } from './augment/sample.ts';
import type { BatchArrays } from './batch-memory.ts';
import type { BatchShape } from './host-batch.ts';
import { touchingMap } from './touching-map.ts';

/** What a byte of a pixel is in 0–1: looked up, because dividing takes three times as long. */
const UNIT = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/**
 * Writes all of the image's part, whatever was in it before.
 * @param part of one image, with room for M = maxInstances buildings; of more, the largest get in
 * @returns how many buildings have found no room
 */
export function packSample({ pixels, outlines }: Sample, shape: BatchShape, part: BatchArrays): number {
  const { maxInstances, maskSize, imageSize, touchingDistance } = shape;
  scaleToUnit(pixels, part.images);
  const kept = largestFirst(outlines, maxInstances);
  kept.forEach((rings, m) => {
    const box = polygonsBox(rings);
    part.boxes.set(box, m * 4);
    part.masks.set(rasterizeCoverage(rings, box, maskSize), m * maskSize ** 2);
  });
  part.boxes.fill(0, kept.length * 4);
  part.masks.fill(0, kept.length * maskSize ** 2);
  part.valid.fill(1, 0, kept.length);
  part.valid.fill(0, kept.length);
  if (touchingDistance === null) part.touching.fill(0);
  else part.touching.set(touchingMap(outlines, { size: imageSize, distance: touchingDistance }));
  return outlines.length - kept.length;
}

/** A function of its own: in the middle of other work it takes twice as long. */
function scaleToUnit(pixels: Uint8Array, images: Float32Array): void {
  for (let i = 0; i < pixels.length; i++) images[i] = UNIT[pixels[i]!]!;
}

/** In their order where all have a slot; the largest first where not. */
function largestFirst(outlines: Sample['outlines'], slots: number): Sample['outlines'] {
  if (outlines.length <= slots) return outlines;
  return outlines
    .map((rings) => ({ rings, area: rings.reduce((sum, ring) => sum + polygonArea(ring), 0) }))
    .sort((a, b) => b.area - a.area)
    .slice(0, slots)
    .map(({ rings }) => rings);
}
