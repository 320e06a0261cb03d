import sharp from 'sharp';
import { type Evaluation, evaluateImages } from '../../src/evaluate/evaluate-images.ts';
import type { EvaluatedImage } from '../../src/evaluate/images/detections.ts';
import { figuresOfImage } from '../../src/evaluate/outcome/image-figures.ts';
import type { PageCase } from '../../src/visualize/evaluation-page/page-case.ts';
import type { EvaluationPage } from '../../src/visualize/evaluation-page.ts';
import { building, detection } from '../visualize/instances.ts';

const SIDE = 128;

type Boxes = readonly (readonly [y1: number, x1: number, y2: number, x2: number])[];

/** An image of 128 x 128 pixels; detections in order of score, from 0.9 down by a tenth each, to 0.3. */
export function evaluatedImage(
  id: number,
  truth: Boxes,
  found: Boxes,
  more: Partial<EvaluatedImage> = {},
): EvaluatedImage {
  return {
    ...{ id, name: `tile-${id}.png`, origin: 'hub', width: SIDE, height: SIDE },
    truth: truth.map(([y1, x1, y2, x2]) => building([y1, x1, y2, x2], SIDE)),
    detections: found.map(([y1, x1, y2, x2], i) =>
      detection([y1, x1, y2, x2], Math.max(30, 90 - 10 * i) / 100, SIDE),
    ),
    ...more,
  };
}

/** Each kind of error once or twice, all buildings small but one; the last image is empty. */
export function errorImages(): EvaluatedImage[] {
  return [
    // All right.
    evaluatedImage(1, [[10, 10, 30, 30]], [[10, 10, 30, 30]]),
    // One found and one of 40 x 40 missed; a false alarm; the first found once more.
    evaluatedImage(
      2,
      [
        [10, 10, 30, 30],
        [60, 60, 100, 100],
      ],
      [
        [10, 10, 30, 30],
        [100, 5, 120, 25],
        [10, 11, 30, 31],
      ],
      { origin: 'data/custom' },
    ),
    // Two in one outline, and one in two; one badly outlined.
    evaluatedImage(
      3,
      [
        [10, 10, 30, 30],
        [10, 32, 30, 52],
        [60, 10, 80, 40],
        [100, 60, 120, 80],
      ],
      [
        [10, 10, 30, 52],
        [60, 10, 80, 25],
        [60, 25, 80, 40],
        [100, 72, 120, 92],
      ],
    ),
    evaluatedImage(4, [], []),
  ];
}

/** Evaluated by the real thing, with what the page needs; detections count from 0.2 on. */
export async function pageOf(
  images: readonly EvaluatedImage[],
  more: Partial<EvaluationPage> = {},
): Promise<EvaluationPage & Evaluation> {
  const background = { r: 90, g: 120, b: 60 };
  const png = await sharp({ create: { width: SIDE, height: SIDE, channels: 3, background } })
    .png()
    .toBuffer();
  const cases: PageCase[] = [];
  const evaluation = await evaluateImages(images, {
    ...{ maxDetections: 100, scoreThreshold: 0.2, resamples: 20, seed: 1 },
    onOutcome: (image, outcome) => {
      const figures = figuresOfImage(outcome);
      cases.push({ image, outcome, figures, picture: async () => png, link: `pictures/${image.name}` });
    },
  });
  return { title: 'What was found', subtitle: 'a test', history: null, cases, ...evaluation, ...more };
}
