import type { Random } from '../../system/random.ts';
import { pickWeighted, type Rgb, vary } from './colors.ts';
import type { Point } from './quad.ts';

/** How land is used between two streets. */
export type BlockUse = 'terraces' | 'dense' | 'detached' | 'halls' | 'open';
export type Covering = 'tiles' | 'metal' | 'concrete';

/** What all parts of one scene share, so that scenes differ from one another as towns and flights do. */
export interface Style {
  /** Width and height of the scene, pixels. */
  size: number;
  /** Sizes of houses and streets, as a factor: stands for the resolution of the imagery. */
  scale: number;
  /** Direction of the streets, radians. */
  angle: number;
  sun: Sun;
  land: { soil: Rgb; grass: Rgb; paving: Rgb; road: Rgb; greenShare: number };
  blockUses: [BlockUse, number][];
  coverings: [Covering, number][];
}

export interface Sun {
  /** Unit vector on the ground, towards the sun. */
  direction: Point;
  /** Pixels of shadow that one storey casts. */
  shadowPerStorey: number;
  /** 0-1 */
  shadowOpacity: number;
}

export function drawStyle(size: number, random: Random): Style {
  const azimuth = random.uniform(0, 2 * Math.PI);
  const character = pickWeighted(
    [
      ['old town', 0.35],
      ['suburb', 0.25],
      ['self-built', 0.4],
    ] as const,
    random,
  );
  return {
    size,
    scale: random.uniform(0.96, 1.3),
    angle: random.uniform(0, Math.PI / 2),
    sun: {
      direction: [Math.cos(azimuth), Math.sin(azimuth)],
      shadowPerStorey: random.uniform(1.4, 3.6),
      shadowOpacity: random.uniform(0.35, 0.68),
    },
    land: drawLand(random),
    ...CHARACTERS[character],
  };
}

const CHARACTERS: Record<'old town' | 'suburb' | 'self-built', Pick<Style, 'blockUses' | 'coverings'>> = {
  'old town': {
    blockUses: [
      ['terraces', 0.6],
      ['dense', 0.2],
      ['detached', 0.05],
      ['halls', 0.05],
      ['open', 0.06],
    ],
    coverings: [
      ['tiles', 0.7],
      ['metal', 0.1],
      ['concrete', 0.2],
    ],
  },
  suburb: {
    blockUses: [
      ['terraces', 0.3],
      ['dense', 0.12],
      ['detached', 0.38],
      ['halls', 0.08],
      ['open', 0.08],
    ],
    coverings: [
      ['tiles', 0.55],
      ['metal', 0.2],
      ['concrete', 0.25],
    ],
  },
  'self-built': {
    blockUses: [
      ['terraces', 0.2],
      ['dense', 0.5],
      ['detached', 0.1],
      ['halls', 0.08],
      ['open', 0.07],
    ],
    coverings: [
      ['tiles', 0.08],
      ['metal', 0.42],
      ['concrete', 0.5],
    ],
  },
};

const SOILS: readonly Rgb[] = [
  [132, 112, 90],
  [150, 128, 98],
  [138, 98, 74],
  [118, 108, 94],
];
const GRASSES: readonly Rgb[] = [
  [84, 100, 58],
  [104, 112, 66],
  [70, 88, 56],
  [126, 118, 76],
];
const ROADS: readonly Rgb[] = [
  [112, 110, 108],
  [92, 92, 94],
  [142, 136, 126],
  [146, 122, 98],
];
const PAVINGS: readonly Rgb[] = [
  [150, 146, 138],
  [164, 154, 138],
  [136, 128, 122],
];

function drawLand(random: Random): Style['land'] {
  const one = (colors: readonly Rgb[]) => vary(colors[random.int(colors.length)]!, 7, random);
  return {
    soil: one(SOILS),
    grass: one(GRASSES),
    paving: one(PAVINGS),
    road: one(ROADS),
    greenShare: random.uniform(0.2, 0.75),
  };
}
