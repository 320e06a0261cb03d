/**
 * Everything that is measured of a set of images. mAP is COCO's (Lin et al. 2014), equal to pycocotools 2.0.11 to 1e-6,
 * with `maxDetections` in place of its 100, which is too few for dense towns; boundary AP equal to faster-coco-eval 1.8.
 *
 * Where tools differ: as in Detectron2, a detection's size class follows its mask for masks and its box for boxes (ground
 * truth is classed by its annotated area for both); and a building counts whatever its annotation's id, where
 * pycocotools takes the one with the id 0 for not found.
 */
import { createGiveWay } from '../system/give-way.ts';
import type { EvaluatedImage } from './images/detections.ts';
import { type MeasuredImage, type MeasureOptions, measureImage } from './matching/measure-image.ts';
import type { Curves, Metrics } from './metrics.ts';
import { countOutcome, type OutcomeCounts } from './outcome/count-outcome.ts';
import type { ImageOutcome } from './outcome/outcome.ts';
import { outcomeOf } from './outcome/outcome-of.ts';
import type { OnProgress } from './progress.ts';
import { summarize } from './summarize.ts';
import { chooseThreshold, NEUTRAL_THRESHOLD, type ThresholdPoint } from './threshold/threshold.ts';

export interface EvaluationOptions<Image extends EvaluatedImage = EvaluatedImage> extends MeasureOptions {
  /** Detections from here on count for all but mAP, errors and calibration. Null: chosen on these images, by F1; for valid only, never for test. */
  scoreThreshold: number | null;
  /** Draws of the bootstrap; without any, the metrics have no intervals. */
  resamples?: number;
  seed?: number;
  /** Hears of every image, in the order given, once the threshold is known; a promise is waited for. */
  onOutcome?: (image: Image, outcome: ImageOutcome) => unknown;
  onProgress?: OnProgress;
  /** Ends the evaluation. */
  signal?: AbortSignal;
}

export interface Evaluation {
  metrics: Metrics;
  curves: Curves;
  /** What was chosen here; null where the threshold was given, and where no detection is right, so that a neutral one was taken. */
  chosen: ThresholdPoint | null;
  /** In the order of the images' ids. */
  measured: MeasuredImage[];
  counts: OutcomeCounts[];
}

/** Images as they come. */
export type ImageSource<Image extends EvaluatedImage = EvaluatedImage> =
  | Iterable<Image>
  | AsyncIterable<Image>;

/**
 * Takes minutes for large sets; timers and signals of the process have their turn all the while.
 * @param images in any order, each id once. One at a time is held, so that they may be read, or predicted, on the way;
 *   where the threshold is chosen they are gone through twice
 * @throws RangeError for an id given twice, images that are others the second time, and what `measureImage` refuses; the
 *   signal's reason when it is aborted
 */
export async function evaluateImages<Image extends EvaluatedImage>(
  images: ImageSource<Image>,
  options: EvaluationOptions<Image>,
): Promise<Evaluation> {
  const { scoreThreshold: given, maxDetections, resamples = 0, seed = 0, onProgress, signal } = options;
  signal?.throwIfAborted();
  const giveWay = createGiveWay(signal);
  const measured = new Map<number, MeasuredImage>();
  const counts = new Map<number, OutcomeCounts>();
  const judge = async (image: Image, scoreThreshold: number) => {
    const own = measured.get(image.id);
    if (!own) throw otherImages();
    const outcome = outcomeOf(image, own, scoreThreshold);
    counts.set(image.id, countOutcome(outcome));
    await options.onOutcome?.(image, outcome);
  };
  for await (const image of images) {
    if (measured.has(image.id)) throw new RangeError(`evaluateImages: image id ${image.id} is given twice`);
    measured.set(image.id, measureImage(image, options));
    if (given !== null) await judge(image, given);
    onProgress?.('measured', measured.size);
    await giveWay();
  }
  const chosen = given === null ? chooseThreshold([...measured.values()]) : null;
  const scoreThreshold = given ?? chosen?.score ?? NEUTRAL_THRESHOLD;
  if (given === null) {
    for await (const image of images) {
      await judge(image, scoreThreshold);
      onProgress?.('judged', counts.size);
      await giveWay();
    }
  }
  if (counts.size < measured.size) throw otherImages();
  const ids = [...measured.keys()].sort((a, b) => a - b);
  const evaluated = {
    measured: ids.map((id) => measured.get(id)!),
    counts: ids.map((id) => counts.get(id)!),
  };
  const means = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
  const summary = await summarize(evaluated, { scoreThreshold, maxDetections, resamples, seed, ...means });
  return { ...summary, chosen, ...evaluated };
}

function otherImages(): RangeError {
  return new RangeError(
    'evaluateImages: choosing the threshold goes through the images twice, and they were others the second time; give a list, or something that begins anew',
  );
}
