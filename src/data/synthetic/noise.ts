import type { Random } from '../../system/random.ts';

/**
 * Smooth noise: random values on a lattice, blended between its points (value noise).
 * @param cell distance between lattice points, pixels, >= 1
 * @returns [size * size], row by row, -1 to 1
 */
export function valueNoise(size: number, cell: number, random: Random): Float32Array {
  const side = Math.ceil(size / cell) + 2;
  const lattice = new Float32Array(side * side);
  for (let i = 0; i < lattice.length; i++) lattice[i] = 2 * random.next() - 1;
  const columns = latticePlaces(size, cell, random.next());
  const rows = latticePlaces(size, cell, random.next());
  const noise = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    const [start, v] = [rows.cells[y]! * side, rows.ways[y]!];
    for (let x = 0; x < size; x++) {
      const [i, u] = [start + columns.cells[x]!, columns.ways[x]!];
      const top = lattice[i]! * (1 - u) + lattice[i + 1]! * u;
      const bottom = lattice[i + side]! * (1 - u) + lattice[i + side + 1]! * u;
      noise[y * size + x] = top * (1 - v) + bottom * v;
    }
  }
  return noise;
}

/** For each pixel the lattice point before it and the way (0-1) to the next, eased so that the lattice shows no kinks. */
function latticePlaces(size: number, cell: number, shift: number): { cells: Int32Array; ways: Float32Array } {
  const places = { cells: new Int32Array(size), ways: new Float32Array(size) };
  for (let i = 0; i < size; i++) {
    const at = i / cell + shift;
    const t = at - Math.floor(at);
    places.cells[i] = Math.floor(at);
    places.ways[i] = t * t * (3 - 2 * t);
  }
  return places;
}

/**
 * Noise with detail at several scales.
 * @param cells lattice distances in pixels, each one with half the weight of the one before
 * @returns [size * size], -2 to 2
 */
export function fractalNoise(size: number, cells: readonly number[], random: Random): Float32Array {
  const sum = new Float32Array(size * size);
  let weight = 1;
  for (const cell of cells) {
    const layer = valueNoise(size, cell, random);
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * layer[i]!;
    weight /= 2;
  }
  return sum;
}
