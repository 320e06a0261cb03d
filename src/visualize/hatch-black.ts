/** Black without a speck, as wide and as high as this share of the side: no picture there, for shadows are never so even. */
const LEAST_SHARE = 1 / 24;
/** Compression blurs the border between black and picture, by a block of 16 pixels, and up to about this value of 255. */
const BLURRED_PIXELS = 16;
const BLURRED_VALUE = 16;
/** Pixels from line to line, and the two colours. */
const PERIOD = 8;
const LINE = [92, 74, 128] as const;
const GROUND = [34, 28, 46] as const;

/**
 * Hatches what is beside the image in its square, where all values are 0, so that it is not taken for a dark roof.
 * @param pixels [side, side, 3] 0–255; is changed
 */
export function hatchBlack(pixels: Uint8Array, side: number): void {
  const brightest = Uint8Array.from({ length: side * side }, (_, i) =>
    Math.max(pixels[3 * i]!, pixels[3 * i + 1]!, pixels[3 * i + 2]!),
  );
  const marked = blackSquares(brightest, side, Math.max(2, Math.round(side * LEAST_SHARE)));
  growInto(marked, brightest, side);
  for (let i = 0; i < marked.length; i++) {
    if (marked[i] === 0) continue;
    const diagonal = ((i % side) + Math.floor(i / side)) % PERIOD;
    pixels.set(diagonal < 2 ? LINE : GROUND, 3 * i);
  }
}

/** @returns 1 for each pixel that lies in a square of `least` pixels a side that is all 0 */
function blackSquares(brightest: Uint8Array, side: number, least: number): Uint8Array {
  // Around the picture a ring of nothing. Side of the largest black square with its lower right corner here:
  const stride = side + 2;
  const largest = new Uint16Array(stride * stride);
  // How far a black square of `least` reaches from here, up and to the left:
  const reach = new Int32Array(stride * stride);
  const marked = new Uint8Array(side * side);
  const indexOf = (y: number, x: number) => (y + 1) * stride + x + 1;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const i = indexOf(y, x);
      if (brightest[y * side + x] !== 0) continue;
      largest[i] = 1 + Math.min(largest[i - 1]!, largest[i - stride]!, largest[i - stride - 1]!);
    }
  }
  for (let y = side - 1; y >= 0; y--) {
    for (let x = side - 1; x >= 0; x--) {
      const i = indexOf(y, x);
      const further = Math.max(reach[i + 1]!, reach[i + stride]!, reach[i + stride + 1]!) - 1;
      reach[i] = Math.max(0, further, largest[i]! >= least ? least : 0);
      marked[y * side + x] = reach[i]! > 0 ? 1 : 0;
    }
  }
  return marked;
}

/** Changes `marked`: it grows, step by step, into what is nearly black. */
function growInto(marked: Uint8Array, brightest: Uint8Array, side: number): void {
  let front = Array.from(marked.keys()).filter((i) => marked[i] === 1);
  for (let step = 0; step < BLURRED_PIXELS; step++) {
    const next: number[] = [];
    for (const i of front) {
      const x = i % side;
      for (const neighbour of [x > 0 ? i - 1 : i, x < side - 1 ? i + 1 : i, i - side, i + side]) {
        if (marked[neighbour] !== 0 || brightest[neighbour]! > BLURRED_VALUE) continue;
        marked[neighbour] = 1;
        next.push(neighbour);
      }
    }
    front = next;
  }
}
