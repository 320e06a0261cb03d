/**
 * Everything that is measured of a set of images. mAP is COCO's (Lin et al. 2014), equal to pycocotools 2.0.11 to 1e-6,
 * with `maxDetections` in place of its 100, which is too few for dense towns; boundary AP equal to faster-coco-eval 1.8.
 *
 * Where tools differ: as in Detectron2, a detection's size class follows its mask for masks and its box for boxes (ground
 * truth is classed by its annotated area for both); and a building counts whatever its annotation's id, where
 * pycocotools takes the one with the id 0 for not found.
 */

import type { EvaluatedImage } from './images/detections.ts';
import { type MeasuredImage, type MeasureOptions, measureImage } from './matching/measure-image.ts';
import type { Curves, Metrics } from './metrics.ts';
import { countOutcome, type OutcomeCounts } from './outcome/count-outcome.ts';
import type { ImageOutcome } from './outcome/outcome.ts';
import { outcomeOf } from './outcome/outcome-of.ts';
import { summarize } from './summarize.ts';
import { chooseThreshold } from './threshold/threshold.ts';

export interface EvaluationOptions extends MeasureOptions {
  /** Detections from here on count for all but mAP. Null: chosen on these images, by F1; for valid only, never for test. */
  scoreThreshold: number | null;
  /** Draws of the bootstrap; without any, the metrics have no intervals. */
  resamples?: number;
  seed?: number;
  /** Hears of every image, in the order given, once the threshold is known. */
  onOutcome?: (image: EvaluatedImage, outcome: ImageOutcome) => void;
}

export interface Evaluation {
  metrics: Metrics;
  curves: Curves;
  /** In the order of the images' ids. */
  measured: MeasuredImage[];
  counts: OutcomeCounts[];
}

/** Where no detection is right, no threshold is better than another. */
const NEUTRAL_THRESHOLD = 0.5;

/**
 * @param images in any order, each id once. One at a time is held, so that they may be read on the way; where the
 *   threshold is chosen they are gone through twice
 * @throws RangeError for an id given twice, images that are others the second time, and what `measureImage` refuses
 */
export function evaluateImages(images: Iterable<EvaluatedImage>, options: EvaluationOptions): Evaluation {
  const { scoreThreshold: given, maxDetections, resamples = 0, seed = 0 } = options;
  const measured = new Map<number, MeasuredImage>();
  const counts = new Map<number, OutcomeCounts>();
  const judge = (image: EvaluatedImage, scoreThreshold: number) => {
    const own = measured.get(image.id);
    if (!own) throw otherImages();
    const outcome = outcomeOf(image, own, scoreThreshold);
    counts.set(image.id, countOutcome(outcome));
    options.onOutcome?.(image, outcome);
  };
  for (const image of images) {
    if (measured.has(image.id)) throw new RangeError(`evaluateImages: image id ${image.id} is given twice`);
    measured.set(image.id, measureImage(image, options));
    if (given !== null) judge(image, given);
  }
  const scoreThreshold = given ?? chooseThreshold([...measured.values()])?.score ?? NEUTRAL_THRESHOLD;
  if (given === null) for (const image of images) judge(image, scoreThreshold);
  if (counts.size < measured.size) throw otherImages();
  const ids = [...measured.keys()].sort((a, b) => a - b);
  const evaluated = {
    measured: ids.map((id) => measured.get(id)!),
    counts: ids.map((id) => counts.get(id)!),
  };
  const summary = summarize(evaluated, { scoreThreshold, maxDetections, resamples, seed });
  return { ...summary, ...evaluated };
}

function otherImages(): RangeError {
  return new RangeError(
    'evaluateImages: choosing the threshold goes through the images twice, and they were others the second time; give a list, or something that begins anew',
  );
}
