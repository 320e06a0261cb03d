/** Pieces of ground in a block and what they are used for. */

import type { Random } from '../../system/random.ts';
import { pickWeighted } from './colors.ts';
import type { Quad } from './quad.ts';
import type { Covering } from './style.ts';

export interface BlockPlan {
  plots: Plot[];
  patches: Patch[];
}

/** Ground that one building fills; neighbours' plots may share an edge, never ground. */
export interface Plot {
  ground: Quad;
  use: PlotUse;
  storeys: number;
  /** What most roofs nearby are covered with: houses of one row are often built alike. */
  covering: Covering;
  /** Nearby roofs with the same number look alike. */
  kinship: number;
}
export type PlotUse = 'terrace' | 'dense' | 'detached' | 'hall' | 'shed';

export interface Patch {
  ground: Quad;
  cover: Cover;
}
export type Cover =
  | 'garden'
  | 'soil'
  | 'paving'
  | 'rubble'
  | 'field'
  | 'pond'
  | 'court'
  | 'tarpaulin'
  | 'parking'
  | 'slab';

/** What large open ground is covered with: much of it has straight edges and colours like a roof's. */
export function drawOpenCover(random: Random): Cover {
  return pickWeighted(
    [
      ['field', 3],
      ['garden', 2],
      ['court', 2],
      ['parking', 2],
      ['pond', 1.2],
      ['soil', 1],
      ['slab', 1.2],
      ['rubble', 1],
    ],
    random,
  );
}

/** What lies in the gaps between houses. */
export function drawYardCover(random: Random): Cover {
  return pickWeighted(
    [
      ['garden', 4],
      ['soil', 2.5],
      ['paving', 2],
      ['rubble', 1],
      ['tarpaulin', 0.9],
      ['slab', 0.7],
      ['pond', 0.1],
    ],
    random,
  );
}
