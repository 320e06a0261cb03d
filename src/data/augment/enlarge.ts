/** Weights are whole numbers of this: three times as fast as fractions, and exact to a 256th of a byte. */
const ONE = 256;
/** What is weighted twice, by row and by column, is divided by ONE². */
const SHIFT = 16;
const HALF = 2 ** (SHIFT - 1);

interface Size {
  width: number;
  height: number;
}

/**
 * Enlarges by bilinear interpolation between pixel centres, which are at .5; beyond the outer ones the edge goes on.
 *
 * libvips does not do it here, because what it enlarges comes out half a pixel too far to the right and down, beside its
 * outlines (https://github.com/libvips/libvips/issues/943). It is slower, too. Training elsewhere enlarges by bilinear
 * interpolation as well (torchvision's and Detectron2's Mask R-CNN).
 * @param pixels [from.height, from.width, 3] bytes
 * @param to not smaller than `from` on either side: it would skip pixels
 * @returns [to.height, to.width, 3]
 */
export function enlarge(pixels: Uint8Array, from: Size, to: Size): Uint8Array {
  const columns = samplePlaces(from.width, to.width);
  const rows = samplePlaces(from.height, to.height);
  const result = new Uint8Array(3 * to.width * to.height);
  // The two rows of `pixels` between which the present one lies, already as wide as the result, and their numbers.
  let [upper, lower] = [new Int32Array(3 * to.width), new Int32Array(3 * to.width)];
  let [upperRow, lowerRow] = [-1, -1];
  for (let y = 0; y < to.height; y++) {
    const [first, second] = [rows.first[y]!, rows.second[y]!];
    if (first === lowerRow) [upper, lower, upperRow, lowerRow] = [lower, upper, lowerRow, -1];
    if (first !== upperRow) widenRow(pixels, first * from.width, columns, upper);
    if (second !== lowerRow) widenRow(pixels, second * from.width, columns, lower);
    [upperRow, lowerRow] = [first, second];
    mixRows(upper, lower, rows.weight[y]!, result.subarray(3 * y * to.width, 3 * (y + 1) * to.width));
  }
  return result;
}

/** One axis: sample i lies between the pixels `first` and `second`, by `weight` (0 to ONE) nearer to the second. */
interface SamplePlaces {
  first: Int32Array;
  second: Int32Array;
  weight: Int32Array;
}

function samplePlaces(from: number, to: number): SamplePlaces {
  const places = { first: new Int32Array(to), second: new Int32Array(to), weight: new Int32Array(to) };
  for (let i = 0; i < to; i++) {
    const at = Math.max(0, Math.min(from - 1, ((i + 0.5) * from) / to - 0.5));
    places.first[i] = Math.floor(at);
    places.second[i] = Math.min(from - 1, places.first[i]! + 1);
    places.weight[i] = Math.round(ONE * (at - places.first[i]!));
  }
  return places;
}

/** @param start number of the row's first pixel */
function widenRow(pixels: Uint8Array, start: number, columns: SamplePlaces, target: Int32Array): void {
  const { first, second, weight } = columns;
  for (let x = 0; x < first.length; x++) {
    const a = 3 * (start + first[x]!);
    const b = 3 * (start + second[x]!);
    const toB = weight[x]!;
    const toA = ONE - toB;
    target[3 * x] = toA * pixels[a]! + toB * pixels[b]!;
    target[3 * x + 1] = toA * pixels[a + 1]! + toB * pixels[b + 1]!;
    target[3 * x + 2] = toA * pixels[a + 2]! + toB * pixels[b + 2]!;
  }
}

function mixRows(upper: Int32Array, lower: Int32Array, toLower: number, target: Uint8Array): void {
  const toUpper = ONE - toLower;
  for (let i = 0; i < target.length; i++) {
    target[i] = (toUpper * upper[i]! + toLower * lower[i]! + HALF) >> SHIFT;
  }
}
