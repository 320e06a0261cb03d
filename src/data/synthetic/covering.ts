/** What a roof is made of and how it is built. */

import { createRandom, type Random } from '../../system/random.ts';
import { pickWeighted, type Rgb, vary } from './colors.ts';
import type { Footprint } from './footprint.ts';
import type { Covering, Style } from './style.ts';

export type RoofForm = 'gable' | 'hip' | 'lean-to' | 'flat' | 'cone';

/** What one roof is drawn with. */
export interface Brush {
  style: Style;
  random: Random;
  /** Names of SVG definitions begin with this; unique in the picture. */
  id: string;
}

export interface Roof {
  form: RoofForm;
  covering: Covering;
  color: Rgb;
}

/** Colours overlap on purpose with those of soil, roads and the things on the ground. */
const COLORS: Record<Covering, readonly (readonly [Rgb, number])[]> = {
  tiles: [
    [[148, 88, 70], 3],
    [[164, 110, 86], 2],
    [[122, 82, 68], 3],
    [[112, 92, 80], 2],
    [[96, 92, 92], 2],
    [[150, 118, 92], 1],
  ],
  metal: [
    [[150, 152, 152], 4],
    [[178, 180, 178], 2],
    [[120, 122, 124], 2],
    [[74, 116, 160], 1.6],
    [[130, 96, 76], 3],
    [[206, 206, 200], 1],
    [[94, 120, 104], 0.8],
    [[150, 66, 58], 0.8],
  ],
  concrete: [
    [[150, 144, 134], 4],
    [[176, 168, 154], 3],
    [[126, 120, 112], 3],
    [[196, 190, 178], 1],
    [[104, 100, 98], 1.5],
    [[164, 138, 116], 1.5],
  ],
};

const FORMS: Record<Covering, readonly (readonly [RoofForm, number])[]> = {
  tiles: [
    ['gable', 0.66],
    ['hip', 0.34],
  ],
  metal: [
    ['gable', 0.4],
    ['lean-to', 0.48],
    ['flat', 0.08],
    ['hip', 0.04],
  ],
  concrete: [['flat', 1]],
};

export function chooseRoof({ shape, plot }: Footprint, random: Random): Roof {
  const { covering } = plot;
  // The same stream for the whole family: equal base colour and form, each house then a little different.
  const kin = createRandom('roofs of one family', plot.kinship, covering);
  const base = vary(pickWeighted(COLORS[covering], kin), 8, kin);
  const form = pickWeighted(FORMS[covering], kin);
  const color = vary(base, 7, random);
  if (shape === 'round') return { form: 'cone', covering, color };
  if (plot.use === 'shed')
    return { form: 'lean-to', covering, color: vary(pickWeighted(COLORS.metal, random), 9, random) };
  // A lean-to is one plane; other shapes than a rectangle need a ridge.
  return { form: form === 'lean-to' && shape !== 'rectangle' ? 'gable' : form, covering, color };
}
