import { encodeRle, type Rle } from '../../../src/masks/rle.ts';

/**
 * Masks that are drawn: every character but the dot is one, in the order of the alphabet.
 * @param rows lines of equal length, one character a pixel
 */
export function drawMasks(...rows: string[]): Rle[] {
  const names = [...new Set(rows.join('').replaceAll('.', ''))].sort((a, b) => (a < b ? -1 : 1));
  return names.map((name) => drawMask(rows, name));
}

function drawMask(rows: string[], name: string): Rle {
  const mask = Uint8Array.from(rows.join(''), (pixel) => (pixel === name ? 1 : 0));
  return encodeRle(mask, rows.length, rows[0]!.length);
}
