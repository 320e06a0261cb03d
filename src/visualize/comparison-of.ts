import sharp from 'sharp';
import type { PreparedImage } from '../data/prepared.ts';
import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import { comparisonPng } from './comparison.ts';

/**
 * [ Original | Ground Truth | Prediction ] of an image that has been predicted; crowd regions are not drawn.
 * @param encoded the image's file
 * @param scoreThreshold 0–1: detections from here on are drawn
 * @returns an encoded PNG
 */
export async function comparisonPngOf(
  image: EvaluatedImage & { source: PreparedImage },
  encoded: Buffer,
  scoreThreshold: number,
): Promise<Buffer> {
  const pixels = await sharp(encoded, { failOn: 'error' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  return comparisonPng({
    image: pixels,
    height: image.height,
    width: image.width,
    truth: image.truth.filter(({ crowd }) => !crowd),
    detections: image.detections.filter(({ score }) => score >= scoreThreshold),
    scoreThreshold,
    title: image.source.name,
  });
}
