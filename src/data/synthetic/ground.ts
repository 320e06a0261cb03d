/** The ground below everything: soil and grass that grow into one another. */

import type { Random } from '../../system/random.ts';
import { fractalNoise } from './noise.ts';
import type { Style } from './style.ts';

/** How sharply grass ends: share of the noise's range in which both mix. */
const TRANSITION = 0.5;

/** @returns [size * size * 3] RGB bytes */
export function paintGround({ size, land }: Style, random: Random): Uint8Array {
  const cover = fractalNoise(size, [38, 17, 7], random);
  const grain = fractalNoise(size, [5, 2], random);
  const pixels = new Uint8Array(size * size * 3);
  const threshold = 0.8 - 1.6 * land.greenShare;
  for (let i = 0; i < cover.length; i++) {
    const green = Math.max(0, Math.min(1, (cover[i]! - threshold) / TRANSITION + 0.5));
    for (let c = 0; c < 3; c++) {
      const value = land.soil[c]! + green * (land.grass[c]! - land.soil[c]!) + 16 * grain[i]!;
      pixels[i * 3 + c] = Math.max(0, Math.min(255, value));
    }
  }
  return pixels;
}
