/**
 * Evaluated images as COCO files, written piece by piece: a large set is longer than the texts that V8 can hold.
 * `openCocoFiles` reads the same from them: masks, areas, scores, and boxes as COCO has them, [x, y, width, height].
 */
import { writeFile } from 'node:fs/promises';
import type { EvaluatedImage } from '../images/detections.ts';
import { BUILDING, cocoBox, cocoCategory, cocoMask, predictionsToCoco } from './coco-results.ts';

/**
 * Writes the buildings as COCO instances, with the images' `origin` beside their `file_name`.
 * @param images gone through twice
 * @param categories names, in the order in which `category` counts
 */
export async function writeGroundTruth(
  path: string,
  images: Iterable<EvaluatedImage>,
  categories: readonly string[] = [BUILDING.name],
): Promise<void> {
  await writeFile(path, groundTruthPieces(images, categories));
}

/** Writes the detections as COCO results. */
export async function writePredictions(path: string, images: Iterable<EvaluatedImage>): Promise<void> {
  await writeFile(path, predictionPieces(images));
}

function* groundTruthPieces(
  images: Iterable<EvaluatedImage>,
  categories: readonly string[],
): Generator<string> {
  yield '{\n"images": ';
  yield* listPieces(images, (image) => [imageEntry(image)]);
  yield ',\n"annotations": ';
  let id = 0;
  yield* listPieces(images, (image) =>
    annotationsOf(image).map((annotation) => ({ id: ++id, ...annotation })),
  );
  const named = categories.map((name, category) => ({ id: cocoCategory(category), name }));
  yield `,\n"categories": ${JSON.stringify(named)}\n}\n`;
}

function* predictionPieces(images: Iterable<EvaluatedImage>): Generator<string> {
  yield* listPieces(images, (image) => predictionsToCoco([image]));
  yield '\n';
}

/** A line for each entry. */
function* listPieces(
  images: Iterable<EvaluatedImage>,
  entriesOf: (image: EvaluatedImage) => readonly object[],
): Generator<string> {
  let before = '[\n';
  for (const image of images) {
    const lines = entriesOf(image).map((entry) => JSON.stringify(entry));
    if (lines.length === 0) continue;
    yield before + lines.join(',\n');
    before = ',\n';
  }
  yield before === '[\n' ? '[]' : '\n]';
}

function imageEntry({ id, name, width, height, origin }: EvaluatedImage): object {
  return { id, file_name: name, width, height, ...(origin !== null && { origin }) };
}

function annotationsOf({ id, truth }: EvaluatedImage): object[] {
  return truth.map(({ area, crowd, category, mask, ...box }) => ({
    image_id: id,
    category_id: cocoCategory(category),
    iscrowd: crowd ? 1 : 0,
    area,
    bbox: cocoBox(box),
    segmentation: cocoMask(mask),
  }));
}
