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

export type BuildingClass = BuildingKind | 'merged' | 'split';

/** `merged`: it merges buildings; `split`: it is a piece of one. */
export type DetectionClass = Exclude<DetectionKind, 'both'> | 'merged' | 'split';

export function classOfBuilding({ kind, merged, split }: BuildingOutcome): BuildingClass {
  if (merged) return 'merged';
  return split ? 'split' : kind;
}

export function classOfDetection({ kind, merges, piece }: DetectionOutcome): DetectionClass {
  if (merges) return 'merged';
  if (piece) return 'split';
  return kind === 'both' ? 'class' : kind;
}
