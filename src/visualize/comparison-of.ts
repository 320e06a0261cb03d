import { basename } from 'node:path';
import sharp from 'sharp';
import type { PreparedImage } from '../data/prepared.ts';
import type { EvaluatedImage } from '../evaluate/detections.ts';
import { comparisonPng } from './comparison.ts';

/**
 * [ Original | Ground Truth | Prediction ] of an image that has been predicted.
 * @param scoreThreshold 0–1: detections from here on are drawn
 * @returns an encoded PNG
 */
export async function comparisonPngOf(
  image: EvaluatedImage & { source: PreparedImage },
  scoreThreshold: number,
): Promise<Buffer> {
  const pixels = await sharp(image.source.path, { failOn: 'error' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  return comparisonPng({
    image: pixels,
    height: image.height,
    width: image.width,
    truth: image.truth,
    detections: image.detections.filter(({ score }) => score >= scoreThreshold),
    scoreThreshold,
    title: basename(image.source.path),
  });
}
