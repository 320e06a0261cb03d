import { readFileSync } from 'node:fs';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import type { ErrorFigures } from '../../../src/evaluate/tide/tide-figures.ts';
import { type Rle, rleArea, rleBox, rleFromString } from '../../../src/masks/rle.ts';

/** A set with what tidecv says of it: see scripts/golden-tide.py. */
export interface TideSet {
  name: string;
  ap50: number;
  figures: Record<keyof ErrorFigures, number>;
  images: {
    truth: [category: number, crowd: boolean, counts: string][];
    detections: [category: number, score: number, counts: string][];
    kinds: string[];
    missed: number[];
  }[];
}

const GOLDEN: { size: [number, number]; sets: TideSet[] } = JSON.parse(
  readFileSync(new URL('../../golden/tide.json', import.meta.url), 'utf8'),
);

export const TIDE_SETS: readonly TideSet[] = GOLDEN.sets;

/** @returns the images in the order of their ids, each with tidecv's verdicts */
export function imagesOf(set: TideSet): { image: EvaluatedImage; kinds: string[]; missed: number[] }[] {
  const [height, width] = GOLDEN.size;
  const region = (counts: string): { mask: Rle; box: ReturnType<typeof rleBox> } => {
    const mask = rleFromString(counts, GOLDEN.size);
    return { mask, box: rleBox(mask) };
  };
  return set.images.map(({ truth, detections, kinds, missed }, i) => ({
    kinds,
    missed,
    image: {
      id: i + 1,
      name: `${i + 1}.jpg`,
      origin: null,
      width,
      height,
      truth: truth.map(([category, crowd, counts]) => {
        const { mask, box } = region(counts);
        return { category, crowd, mask, box, area: rleArea(mask) };
      }),
      detections: detections.map(([category, score, counts]) => ({ category, score, ...region(counts) })),
    },
  }));
}
