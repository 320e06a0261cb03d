import sharp from 'sharp';
import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import type { ImageOutcome } from '../evaluate/outcome/outcome.ts';
import { comparisonPng } from './comparison.ts';

/**
 * [ Original | Ground Truth | Prediction ] of an image that has been predicted; crowd regions are not drawn.
 * @param encoded the image's file
 * @param outcome of this image: its detections are drawn
 * @param scoreThreshold of the outcome
 * @returns an encoded PNG
 */
export async function comparisonPngOf(
  image: EvaluatedImage,
  encoded: Buffer,
  { outcome, scoreThreshold }: { outcome: ImageOutcome; scoreThreshold: number },
): Promise<Buffer> {
  const { height, width, truth, detections, name } = image;
  const pixels = await sharp(encoded, { failOn: 'error' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  const places = new Map(outcome.buildings.map((building, place) => [building.truth, place]));
  return comparisonPng({
    image: pixels,
    height,
    width,
    truth: outcome.buildings.map((building) => truth[building.truth]!),
    detections: outcome.detections.map(({ detection, kind, truth: building }) => ({
      ...detections[detection]!,
      found: kind === 'hit' ? places.get(building)! : -1,
    })),
    scoreThreshold,
    title: name,
  });
}
