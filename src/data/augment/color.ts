/**
 * Brightness, contrast, saturation and hue as one affine map of RGB, so that a picture is gone through once.
 *
 * All is done to the bytes as they are, gamma-encoded, as in Pillow and torchvision. Luma Y = 0.299 R + 0.587 G + 0.114 B:
 * ITU-R BT.601, as Pillow's. Hue is turned in the plane of the colour differences U = 0.493 (B − Y), V = 0.877 (R − Y):
 * ITU-R BT.470, what the knob for hue does on a television set; linear, and it leaves Y and greys alone. (torchvision
 * turns it in HSV, which is not linear.) Saturation stretches that plane. Contrast moves away from the mean luma of the
 * picture, brightness from black. With these definitions any order of the four gives the same map.
 */
import type { Random } from '../../system/random.ts';

const LUMA = [0.299, 0.587, 0.114] as const;
const U_SCALE = 0.493;
const V_SCALE = 0.877;

/** How far each may go: `augment.brightness` and so on. */
export interface ColorStrengths {
  brightness: number;
  contrast: number;
  saturation: number;
  hue: number;
}

/** Factors, 1 = unchanged; `hue` in turns, 0 = unchanged. */
export interface ColorChange {
  brightness: number;
  contrast: number;
  saturation: number;
  hue: number;
}

/** RGB → `matrix` · RGB + `offset` on each channel. */
export interface ColorMap {
  /** [3, 3] row by row */
  matrix: readonly number[];
  /** In bytes, 0–255. */
  offset: number;
}

/** @returns each evenly between both ends of its range; null where all strengths are 0 */
export function randomColorChange(strengths: ColorStrengths, random: Random): ColorChange | null {
  const { brightness, contrast, saturation, hue } = strengths;
  if (brightness === 0 && contrast === 0 && saturation === 0 && hue === 0) return null;
  // Each draws, whatever its strength, so that none depends on whether another is on.
  return {
    brightness: 1 + brightness * random.uniform(-1, 1),
    contrast: 1 + contrast * random.uniform(-1, 1),
    saturation: 1 + saturation * random.uniform(-1, 1),
    hue: hue * random.uniform(-1, 1),
  };
}

/** @param meanLuma of the picture, 0–255 */
export function colorMap(change: ColorChange, meanLuma: number): ColorMap {
  const units = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ] as const;
  const columns = units.map((unit) => turnChroma(unit, change));
  const gain = change.brightness * change.contrast;
  return {
    matrix: [0, 1, 2].flatMap((row) => columns.map((column) => gain * column[row]!)),
    offset: change.brightness * (1 - change.contrast) * meanLuma,
  };
}

type Rgb = readonly [r: number, g: number, b: number];

function turnChroma(color: Rgb, { hue, saturation }: ColorChange): Rgb {
  const y = lumaOf(color);
  const [u, v] = [U_SCALE * (color[2] - y), V_SCALE * (color[0] - y)];
  const [cos, sin] = [saturation * Math.cos(2 * Math.PI * hue), saturation * Math.sin(2 * Math.PI * hue)];
  const b = y + (cos * u - sin * v) / U_SCALE;
  const r = y + (sin * u + cos * v) / V_SCALE;
  return [r, (y - LUMA[0] * r - LUMA[2] * b) / LUMA[1], b];
}

/** @returns in the unit of the colour */
export function lumaOf([r, g, b]: Rgb): number {
  return LUMA[0] * r + LUMA[1] * g + LUMA[2] * b;
}
