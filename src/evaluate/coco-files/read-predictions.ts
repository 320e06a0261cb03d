import {
  boxOfMask,
  type CocoBox,
  type Fault,
  fieldsOf,
  readBox,
  readMask,
  readScore,
  rectangleOf,
} from './entry-fields.ts';
import { createInstanceStore, type InstanceStore } from './instance-store.ts';
import { type JsonEntry, readEntries } from './read-entries.ts';
import type { GroundTruthFile } from './read-ground-truth.ts';

/** What a file of COCO results says. */
export interface PredictionsFile {
  instances: InstanceStore;
  /** Indices of the categories that are predicted. */
  predicted: Set<number>;
  /** None of them has a mask: their boxes stand for masks, as in pycocotools. */
  boxesOnly: boolean;
  /** The lowest and the highest; Infinity and -Infinity without any. */
  scores: { low: number; high: number };
}

const EXPECTED =
  'COCO results, [{"image_id", "category_id", "score", "segmentation"}, ...]; annotations belong to --ground-truth';

/**
 * @param everyEntry called between entries, and waited for
 * @throws UserError naming the first wrong entry
 */
export async function readPredictions(
  path: string,
  truth: GroundTruthFile,
  everyEntry: () => Promise<void>,
): Promise<PredictionsFile> {
  const file: PredictionsFile = {
    instances: createInstanceStore(),
    predicted: new Set(),
    boxesOnly: false,
    scores: { low: Infinity, high: -Infinity },
  };
  for (const entry of readEntries(path, { lists: null, expected: EXPECTED })) {
    addResult(file, truth, entry);
    await everyEntry();
  }
  return file;
}

function addResult(file: PredictionsFile, truth: GroundTruthFile, entry: JsonEntry): void {
  const { fields, fault } = fieldsOf(entry);
  const image = truth.images.indexOf(fields.image_id, fault);
  const category = truth.categories.indexOf(fields.category_id, fault);
  const value = readScore(fields.score, fault);
  const box = readBox(fields.bbox, fault);
  const segmentation = fields.segmentation ?? null;
  assertAlike(file, { index: entry.index, hasMask: segmentation !== null }, fault);
  const { height, width } = truth.images.list[image]!;
  const size = [height, width] as const;
  const mask =
    segmentation === null ? rectangleOf(assertBox(box, fault), size) : readMask(segmentation, size, fault);
  file.predicted.add(category);
  file.scores.low = Math.min(file.scores.low, value);
  file.scores.high = Math.max(file.scores.high, value);
  file.instances.add({ image, category, bbox: box ?? boxOfMask(mask), value, crowd: false, mask });
}

/** A mask that is missing here and there is a mistake, and would be taken for a bad one. */
function assertAlike(
  file: PredictionsFile,
  { index, hasMask }: { index: number; hasMask: boolean },
  fault: Fault,
): void {
  if (index === 0) file.boxesOnly = !hasMask;
  if (file.boxesOnly !== hasMask) return;
  throw fault(
    hasMask
      ? 'it has a segmentation, and entry [0] has none: give all of them masks, or none'
      : 'it has no segmentation, and entry [0] has one: give it polygons or run lengths',
  );
}

function assertBox(box: CocoBox | null, fault: Fault): CocoBox {
  if (box !== null) return box;
  throw fault('it has neither segmentation nor bbox: give it polygons or run lengths');
}
