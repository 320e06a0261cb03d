/**
 * Gaussian noise at the price of a table look-up. Pixel by pixel a 32-bit random word is drawn, and 10 bits of it for each
 * channel pick one of 1,024 quantiles of the normal distribution: no value is further than a 2,048th from where it would
 * be among all values, the mean is 0 and the deviation 1 exactly, and nothing is beyond 3.3 σ. Rounded to bytes it cannot
 * be told from the real thing.
 */
import type { Random } from '../../system/random.ts';

const BITS = 10;
const QUANTILES = 2 ** BITS;
const LOW_BITS = QUANTILES - 1;
/** 2^32 divided by the golden ratio, odd: its multiples visit all 32-bit words, evenly at every stage. */
const WEYL_STEP = 0x9e3779b9;

/** @returns fills a row [W, 3] with noise of σ `sigma`, the next of the stream at each call */
export function createNoise(sigma: number, random: Random): (row: Float32Array) => void {
  const values = NORMAL_QUANTILES.map((quantile) => sigma * quantile);
  let state = random.int(2 ** 32) | 0;
  return (row) => {
    for (let i = 0; i < row.length; i += 3) {
      state = (state + WEYL_STEP) | 0;
      // MurmurHash3's finalizer (A. Appleby): each bit of the result depends on all of the state.
      let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
      word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
      word ^= word >>> 16;
      row[i] = values[word >>> (32 - BITS)]!;
      row[i + 1] = values[(word >>> BITS) & LOW_BITS]!;
      row[i + 2] = values[word & LOW_BITS]!;
    }
  };
}

/** Ascending; the middles of `QUANTILES` equally likely parts, stretched by a little to σ = 1. */
const NORMAL_QUANTILES = normalQuantiles();

function normalQuantiles(): Float64Array {
  const quantiles = new Float64Array(QUANTILES);
  const middle = QUANTILES / 2;
  let quantile = 0;
  let squares = 0;
  for (let i = middle; i < QUANTILES; i++) {
    quantile = solveNormal((i + 0.5) / QUANTILES, quantile);
    squares += 2 * quantile ** 2;
    quantiles[i] = quantile;
    quantiles[QUANTILES - 1 - i] = -quantile;
  }
  const stretch = Math.sqrt(QUANTILES / squares);
  return quantiles.map((value) => value * stretch);
}

/** Newton's steps from a smaller quantile, where the distribution is concave, converge from below. */
function solveNormal(probability: number, start: number): number {
  let x = start;
  for (let step = 0; step < 20; step++) {
    const density = Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI);
    x += (probability - normalDistribution(x, density)) / density;
  }
  return x;
}

/** Φ(x) by its Taylor series (G. Marsaglia, "Evaluating the Normal Distribution", 2004). */
function normalDistribution(x: number, density: number): number {
  let [term, sum] = [x, x];
  for (let n = 3; Math.abs(term) > 1e-17; n += 2) {
    term *= x ** 2 / n;
    sum += term;
  }
  return 0.5 + density * sum;
}
