/**
 * pHash: what an image looks like in 64 bits, whatever its size and compression. Zauner 2010, "Implementation and
 * Benchmarking of Perceptual Image Hash Functions", §3.2.1, as Python's imagehash 4.3 computes it (`phash`): the same
 * hexadecimal digits for the same 32 x 32 luma.
 *
 * Turned and mirrored images have other hashes; so have tiles that overlap only in part.
 */

/** Sides of the small image that is hashed. */
export const HASH_SIDE = 32;
/** Lowest frequencies on each axis. */
const LOW = 8;

/**
 * Where half of the frequencies are weaker than this, noise decides about their bits: a lake, a field, an image of one
 * colour or one gradient. Noise of 1 in 255 has a median of 12, of 2 one of 24; real tiles of a town begin at 440.
 */
const PLAIN = 32;

/**
 * @param luma [32, 32] row by row, 0-255
 * @returns 16 hexadecimal digits, row by row from the lowest frequency, the first bit the highest; null for an image
 *   that is too plain: all plain images would match each other by chance of their noise
 */
export function perceptualHash(luma: Float64Array): string | null {
  const low = lowFrequencies(luma);
  if (medianOf(low.map(Math.abs)) < PLAIN) return null;
  const median = medianOf(low);
  let hash = '';
  for (let i = 0; i < low.length; i += 4) {
    let digit = 0;
    for (let bit = 0; bit < 4; bit++) digit = digit * 2 + (low[i + bit]! > median ? 1 : 0);
    hash += digit.toString(16);
  }
  return hash;
}

/** The hash as two whole numbers of 32 bits, with sign: comparing millions of pairs needs no texts. */
export function hashWords(hash: string): [high: number, low: number] {
  return [Number.parseInt(hash.slice(0, 8), 16) | 0, Number.parseInt(hash.slice(8), 16) | 0];
}

/** @returns 0-32: the bits in which two whole numbers of 32 bits differ */
export function differingBits(a: number, b: number): number {
  let x = a ^ b;
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  x = (x + (x >>> 4)) & 0x0f0f0f0f;
  return Math.imul(x, 0x01010101) >>> 24;
}

/** @returns [8, 8] of the two-dimensional DCT-II without its factors: they change no order */
function lowFrequencies(luma: Float64Array): Float64Array {
  const rows = new Float64Array(HASH_SIDE * LOW);
  for (let y = 0; y < HASH_SIDE; y++) {
    for (let u = 0; u < LOW; u++) {
      let sum = 0;
      for (let x = 0; x < HASH_SIDE; x++) sum += luma[y * HASH_SIDE + x]! * COSINES[u * HASH_SIDE + x]!;
      rows[y * LOW + u] = sum;
    }
  }
  const low = new Float64Array(LOW * LOW);
  for (let v = 0; v < LOW; v++) {
    for (let u = 0; u < LOW; u++) {
      let sum = 0;
      for (let y = 0; y < HASH_SIDE; y++) sum += rows[y * LOW + u]! * COSINES[v * HASH_SIDE + y]!;
      low[v * LOW + u] = sum;
    }
  }
  return low;
}

/** [8, 32]: cos(pi (2 x + 1) u / 64) */
const COSINES = Float64Array.from({ length: LOW * HASH_SIDE }, (_, i) => {
  const [u, x] = [Math.floor(i / HASH_SIDE), i % HASH_SIDE];
  return Math.cos((Math.PI * (2 * x + 1) * u) / (2 * HASH_SIDE));
});

function medianOf(values: Float64Array): number {
  const sorted = values.toSorted();
  return (sorted[values.length / 2 - 1]! + sorted[values.length / 2]!) / 2;
}
