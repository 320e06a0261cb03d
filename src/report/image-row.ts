import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import type { ImageFigures } from '../evaluate/outcome/image-figures.ts';
import type { BuildingKind, ImageOutcome } from '../evaluate/outcome/outcome.ts';
import { DETECTION_KINDS } from '../evaluate/tide/tide.ts';
import type { Cell } from './csv-file.ts';

const FIGURES = [
  'panoptic_quality',
  'f1',
  'precision',
  'recall',
  'iou',
  'dice',
] as const satisfies readonly (keyof ImageFigures)[];

const BUILDING_KINDS = ['hit', 'missed', 'localisation', 'class'] as const satisfies readonly BuildingKind[];

/** Of images.csv: who, the figures, and how many buildings and detections (from the score threshold on) are of each kind; `detections` are those of `metrics.json`, without the ones in crowd regions. */
export const IMAGE_COLUMNS = [
  ...(['id', 'name', 'origin', 'width', 'height'] as const),
  ...FIGURES,
  'buildings',
  ...BUILDING_KINDS.map((kind) => `buildings_${kind}` as const),
  ...(['buildings_merged', 'buildings_split'] as const),
  'detections',
  ...DETECTION_KINDS.map((kind) => `detections_${kind}` as const),
  ...(['detections_merging', 'detections_piece'] as const),
] as const;

export function imageRow(
  { id, name, origin, width, height }: EvaluatedImage,
  { buildings, detections }: ImageOutcome,
  figures: ImageFigures,
): Record<(typeof IMAGE_COLUMNS)[number], Cell> {
  return {
    id,
    name,
    origin,
    width,
    height,
    ...figures,
    buildings: buildings.length,
    ...countKinds('buildings', BUILDING_KINDS, buildings),
    buildings_merged: buildings.filter(({ merged }) => merged).length,
    buildings_split: buildings.filter(({ split }) => split).length,
    detections: detections.filter(({ kind }) => kind !== 'crowd').length,
    ...countKinds('detections', DETECTION_KINDS, detections),
    detections_merging: detections.filter(({ merges }) => merges).length,
    detections_piece: detections.filter(({ piece }) => piece).length,
  };
}

function countKinds<P extends string, K extends string>(
  prefix: P,
  kinds: readonly K[],
  things: readonly { kind: K }[],
): Record<`${P}_${K}`, number> {
  const counts = kinds.map((kind) => [
    `${prefix}_${kind}`,
    things.filter((thing) => thing.kind === kind).length,
  ]);
  return Object.fromEntries(counts) as Record<`${P}_${K}`, number>;
}
