/**
 * Seeded random numbers as an explicit argument (never `Math.random`).
 * Generator: xoshiro128** (Blackman & Vigna 2018, https://prng.di.unimi.it/xoshiro128starstar.c),
 * seeded by hashing the parts of the seed with 32-bit FNV-1a and splitmix32.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number;
  /** Uniform integer in [0, bound). `bound` must be a whole number > 0. */
  int(bound: number): number;
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** A new array with the items in random order (Fisher-Yates); the input is left as it is. */
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * @param parts what the stream depends on, e.g. `(params.seed, 'train', epoch)`: equal parts give equal streams,
 *   different parts independent ones
 */
export function createRandom(...parts: readonly (number | string)[]): Random {
  const nextUint32 = xoshiro128(hashParts(parts));
  const next = () => nextUint32() / 4294967296;
  const int = (bound: number) => {
    if (!Number.isInteger(bound) || bound <= 0) {
      throw new RangeError(`Random.int: bound must be a whole number > 0, got ${bound}`);
    }
    return Math.floor(next() * bound);
  };
  return {
    next,
    int,
    uniform: (low, high) => low + (high - low) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle: (items) => shuffled(items, int),
  };
}

function shuffled<T>(items: readonly T[], int: (bound: number) => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = int(i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

function hashParts(parts: readonly (number | string)[]): number {
  const text = parts.map((part) => `${typeof part}:${part}`).join('|');
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function xoshiro128(seed: number): () => number {
  let state = seed;
  const splitmix = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  const s = Uint32Array.of(splitmix(), splitmix(), splitmix(), splitmix());
  const rotate = (x: number, k: number) => (x << k) | (x >>> (32 - k));
  return () => {
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotate(s[3]!, 11);
    return result;
  };
}
