/** What air and camera do to the light: texture finer than the drawing, blur, haze, colour cast, noise. */

import type { Random } from '../../system/random.ts';
import { fractalNoise, valueNoise } from './noise.ts';

/**
 * @param drawn [size * size * 3] RGB bytes
 * @returns RGB bytes of the same shape
 */
export function expose(drawn: Uint8Array, size: number, random: Random): Uint8Array {
  const light = addTexture(drawn, size, random);
  return develop(blur(light, size, random.uniform(0.05, 0.17)), size, random);
}

/** Dirt, weather and small things on every surface, stronger where it is bright. */
function addTexture(drawn: Uint8Array, size: number, random: Random): Float32Array {
  const strength = random.uniform(0.04, 0.095);
  const fine = fractalNoise(size, [2.6, 1.3], random);
  const coarse = valueNoise(size, 14, random);
  const light = new Float32Array(drawn.length);
  for (let i = 0; i < fine.length; i++) {
    const factor = 1 + strength * (fine[i]! + 0.7 * coarse[i]!);
    for (let c = 3 * i; c < 3 * i + 3; c++) light[c] = drawn[c]! * factor;
  }
  return light;
}

/** The blur of a lens: each pixel gives the share `spill` (0-1/3) of its light to either neighbour, in rows, then in columns. */
function blur(light: Float32Array, size: number, spill: number): Float32Array {
  return spread(spread(light, { stride: 3, spill, size }), { stride: 3 * size, spill, size });
}

/** @param along.stride values from a pixel to the next one */
function spread(
  light: Float32Array,
  { stride, spill, size }: { stride: number; spill: number; size: number },
): Float32Array {
  const result = new Float32Array(light.length);
  for (let i = 0; i < light.length; i++) {
    const position = Math.floor(i / stride) % size;
    const before = position > 0 ? light[i - stride]! : light[i]!;
    const after = position < size - 1 ? light[i + stride]! : light[i]!;
    result[i] = light[i]! * (1 - 2 * spill) + (before + after) * spill;
  }
  return result;
}

/** Brightness around which contrast turns. */
const MIDDLE_GREY = 118;
const HAZE_COLOR = [186, 192, 200];

function develop(light: Float32Array, size: number, random: Random): Uint8Array {
  const contrast = random.uniform(0.85, 1.15);
  const brightness = random.uniform(-14, 16);
  const cast = [0.03, 0.02, 0.03].map((spread) => 1 + spread * random.normal());
  const haze = random.uniform(0, 0.13);
  const noise = random.uniform(1.2, 4);
  const pixels = new Uint8Array(light.length);
  for (let i = 0; i < size * size; i++) {
    // Most of a sensor's noise is common to the three channels once its pattern of colour filters is turned into pixels.
    const common = random.normal() * noise;
    for (let c = 0; c < 3; c++) {
      const clear = ((light[3 * i + c]! - MIDDLE_GREY) * contrast + MIDDLE_GREY) * cast[c]! + brightness;
      const value = clear * (1 - haze) + HAZE_COLOR[c]! * haze + common + random.uniform(-0.6, 0.6) * noise;
      pixels[3 * i + c] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  return pixels;
}
