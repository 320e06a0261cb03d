/**
 * COCO files of any tool as images to evaluate. What pycocotools 2.0.11 reads from them is read here, to the last bit;
 * where it would stop with a stack, or drop entries without a word, there is an error that names the entry.
 *
 * More is read than it reads: a missing area or box of a building is taken from its mask, as it does for detections;
 * detections may be polygons; ids of annotations are not looked at.
 */
import { createGiveWay } from '../../system/give-way.ts';
import type { EvaluatedImage } from '../images/detections.ts';
import { shown } from './entry-fields.ts';
import { buildingOf, detectionOf } from './instance-fields.ts';
import { type GroundTruthFile, readGroundTruth } from './read-ground-truth.ts';
import { type PredictionsFile, readPredictions } from './read-predictions.ts';

/** Where the two files are. */
export interface CocoPaths {
  /** COCO instances. */
  groundTruth: string;
  /** COCO results. */
  predictions: string;
}

/** A ground truth with the predictions for it. */
export interface CocoFiles {
  /**
   * In the order of their ids; as often as one likes, each image decoded when its turn comes. Where ids are texts,
   * `EvaluatedImage.id` is the place in that order, from 1.
   */
  images: Iterable<EvaluatedImage>;
  /** Names, in the order of their ids; what `category` of a detection or building counts in. */
  categories: string[];
  /** Images. */
  count: number;
  /** File names of the images, in their order. */
  names: readonly string[];
  /** What is no error and yet hardly meant, a line each. */
  warnings: string[];
}

/** Entries between two looks at the clock. */
const STRIDE = 256;

/**
 * Reads COCO files of any tool, of any size. All of it is checked before this returns.
 * @param signal stops the reading
 * @throws UserError naming the first wrong entry; the signal's reason when it is aborted
 */
export async function openCocoFiles(paths: CocoPaths, signal?: AbortSignal): Promise<CocoFiles> {
  const giveWay = createGiveWay(signal);
  const done = Promise.resolve();
  let entries = 0;
  const everyEntry = () => (++entries % STRIDE === 0 ? giveWay() : done);
  const truth = await readGroundTruth(paths.groundTruth, everyEntry);
  const predictions = await readPredictions(paths.predictions, truth, everyEntry);
  const images = truth.images.list;
  const buildings = truth.instances.byImage(images.length);
  const found = predictions.instances.byImage(images.length);
  const imageAt = (i: number): EvaluatedImage => {
    const { id, name, origin, width, height } = images[i]!;
    const size = [height, width] as const;
    return {
      id: typeof id === 'number' ? id : i + 1,
      name,
      origin,
      width,
      height,
      truth: buildings(i, size).map(buildingOf),
      detections: found(i, size).map(detectionOf),
    };
  };
  return {
    images: {
      *[Symbol.iterator]() {
        for (let i = 0; i < images.length; i++) yield imageAt(i);
      },
    },
    categories: truth.categories.list.map(({ name }) => name),
    count: images.length,
    names: images.map(({ name }) => name),
    warnings: warningsOf(paths, truth, predictions),
  };
}

function warningsOf(
  { groundTruth, predictions }: CocoPaths,
  truth: GroundTruthFile,
  { instances, predicted, boxesOnly, scores }: PredictionsFile,
): string[] {
  const warnings: string[] = [];
  if (truth.instances.count === 0) {
    warnings.push(
      `${groundTruth} holds no annotation: there is nothing to find, and most figures are undefined`,
    );
  } else if (instances.count === 0) {
    warnings.push(`${predictions} holds no prediction: everything counts as missed`);
  }
  if (scores.low < 0 || scores.high > 1) {
    warnings.push(
      `${predictions} has scores from ${scores.low} to ${scores.high}, outside of 0-1: the score threshold must be on that scale, and calibration is undefined`,
    );
  }
  if (boxesOnly) {
    warnings.push(
      `${predictions} has boxes and no masks: the rectangles stand for masks, as in pycocotools; only the box figures tell much`,
    );
  }
  const names = (indices: ReadonlySet<number>) =>
    [...indices]
      .sort((a, b) => a - b)
      .map((i) => truth.categories.list[i]!)
      .map(({ id, name }) => `${shown(id)} (${shown(name)})`)
      .join(', ');
  if (
    predicted.size > 0 &&
    truth.annotated.size > 0 &&
    ![...predicted].some((category) => truth.annotated.has(category))
  ) {
    warnings.push(
      `${predictions} and ${groundTruth} have no category in common, so that nothing can match: predicted are ${names(predicted)}, annotated ${names(truth.annotated)}`,
    );
  }
  return warnings;
}
