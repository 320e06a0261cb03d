/**
 * What became of buildings and detections, each in exactly one class. What is merged or split counts as that, whatever
 * else is true of it: in a dense town, this is what people look for.
 */
import type {
  BuildingKind,
  BuildingOutcome,
  DetectionKind,
  DetectionOutcome,
} from '../evaluate/outcome/outcome.ts';

export type BuildingClass = 'found' | 'merged' | 'split' | 'badly outlined' | 'wrong category' | 'missed';

export type DetectionClass =
  | 'right'
  | 'merges several'
  | 'piece of one'
  | 'badly outlined'
  | 'wrong category'
  | 'duplicate'
  | 'false alarm'
  | 'in a crowd region';

const OF_BUILDING: Record<BuildingKind, BuildingClass> = {
  hit: 'found',
  class: 'wrong category',
  localisation: 'badly outlined',
  missed: 'missed',
};

const OF_DETECTION: Record<DetectionKind, DetectionClass> = {
  hit: 'right',
  class: 'wrong category',
  localisation: 'badly outlined',
  both: 'wrong category',
  duplicate: 'duplicate',
  background: 'false alarm',
  crowd: 'in a crowd region',
};

export function classOfBuilding({ kind, merged, split }: BuildingOutcome): BuildingClass {
  if (merged) return 'merged';
  return split ? 'split' : OF_BUILDING[kind];
}

export function classOfDetection({ kind, merges, piece }: DetectionOutcome): DetectionClass {
  if (merges) return 'merges several';
  return piece ? 'piece of one' : OF_DETECTION[kind];
}
