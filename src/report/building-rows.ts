import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import type { ImageOutcome } from '../evaluate/outcome/outcome.ts';
import { rleArea } from '../masks/rle.ts';
import type { Cell } from './csv-file.ts';

/**
 * Of buildings.csv: a row for each building and for each wrong detection. `area` in square pixels, as annotated, of a
 * detection by its mask; `iou` with what the kind speaks of; `score` of the detection; box and `gap` in pixels. `merged`,
 * `split` and `gap` are of buildings, `merges` and `piece` of detections.
 */
export const BUILDING_COLUMNS = [
  ...(['image_id', 'image', 'what', 'kind', 'size', 'area', 'iou', 'score'] as const),
  ...(['y1', 'x1', 'y2', 'x2', 'merged', 'split', 'gap', 'merges', 'piece'] as const),
] as const;

type Row = Record<(typeof BUILDING_COLUMNS)[number], Cell>;

/** Buildings in their order, then detections that are neither right nor in a crowd region, the best first. */
export function buildingRows(image: EvaluatedImage, { buildings, detections }: ImageOutcome): Row[] {
  const common = { image_id: image.id, image: image.name };
  const ofBuildings = buildings.map(
    ({ truth, kind, merged, split, detection, iou, size, area, gap }): Row => ({
      ...common,
      what: 'building',
      kind,
      size,
      area,
      iou,
      merged,
      split,
      gap,
      merges: null,
      piece: null,
      score: image.detections[detection]?.score ?? null,
      ...boxCells(image.truth[truth]!.box),
    }),
  );
  const wrong = detections.filter(({ kind }) => kind !== 'hit' && kind !== 'crowd');
  const ofDetections = wrong.map(({ detection, kind, merges, piece, iou, size, score }): Row => {
    const { mask, box } = image.detections[detection]!;
    const area = rleArea(mask);
    return {
      ...common,
      what: 'detection',
      kind,
      size,
      area,
      iou,
      score,
      merges,
      piece,
      merged: null,
      split: null,
      gap: null,
      ...boxCells(box),
    };
  });
  return [...ofBuildings, ...ofDetections];
}

function boxCells([y1, x1, y2, x2]: readonly [number, number, number, number]) {
  return { y1, x1, y2, x2 };
}
