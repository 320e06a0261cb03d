/**
 * Exact Euclidean distances to a mask, in time linear in the pixels. Felzenszwalb & Huttenlocher 2012, §2 and §3
 * ("Distance Transforms of Sampled Functions") — https://theoryofcomputing.org/articles/v008a019
 *
 * First along the columns, by one pass down and one up; then along each row, where every pixel stands for a parabola that
 * begins at the squared distance within its column: the result is the lowest of the parabolas at each place.
 */

/**
 * @param mask [height, width] row by row; anything but 0 belongs to it
 * @returns [height, width] squared distance in pixels from each pixel's centre to the nearest centre in the mask: 0
 *   inside, whole numbers, exact up to a diagonal of 4096 pixels; Infinity everywhere for an empty mask
 * @throws RangeError when `mask` does not have height * width values
 */
export function squaredDistances(mask: Uint8Array, height: number, width: number): Float32Array {
  if (mask.length !== height * width) {
    throw new RangeError(
      `squaredDistances: expected ${height}x${width} = ${height * width} values, got ${mask.length}`,
    );
  }
  const distances = columnDistances(mask, width);
  const envelope = createEnvelope(width);
  for (let start = 0; start < distances.length; start += width) {
    squareToEnvelope(distances.subarray(start, start + width), envelope);
  }
  return distances;
}

/** Distance to the mask within the pixel's own column; Infinity in columns without any. */
function columnDistances(mask: Uint8Array, width: number): Float32Array {
  const distances = new Float32Array(mask.length);
  for (let i = 0; i < width; i++) distances[i] = mask[i] !== 0 ? 0 : Infinity;
  for (let i = width; i < mask.length; i++) distances[i] = mask[i] !== 0 ? 0 : distances[i - width]! + 1;
  for (let i = mask.length - width - 1; i >= 0; i--) {
    const fromBelow = distances[i + width]! + 1;
    if (fromBelow < distances[i]!) distances[i] = fromBelow;
  }
  return distances;
}

/** The parabolas that are lowest somewhere, from left to right. Made once and used for every row. */
interface Envelope {
  /** Where each has its lowest point, and how high that is. */
  places: Int32Array;
  heights: Float64Array;
  /** From where on each is the lowest. */
  from: Float64Array;
}

function createEnvelope(width: number): Envelope {
  return { places: new Int32Array(width), heights: new Float64Array(width), from: new Float64Array(width) };
}

/** Replaces each distance within a column by the lowest parabola there. */
function squareToEnvelope(row: Float32Array, envelope: Envelope): void {
  const { places, heights, from } = envelope;
  const count = gatherParabolas(row, envelope);
  if (count === 0) return;
  let k = 0;
  for (let x = 0; x < row.length; x++) {
    if (row[x] === 0) continue;
    while (k + 1 < count && from[k + 1]! <= x) k++;
    row[x] = (x - places[k]!) ** 2 + heights[k]!;
  }
}

/** @returns how many there are; 0 for a row without any finite value */
function gatherParabolas(row: Float32Array, { places, heights, from }: Envelope): number {
  let count = 0;
  for (let x = 0; x < row.length; x++) {
    const distance = row[x]!;
    // Within a run of the mask nothing is to be found out, and outside of it its ends are nearer.
    const isWithinRun = distance === 0 && row[x - 1] === 0 && row[x + 1] === 0;
    if (distance === Infinity || isWithinRun) continue;
    const height = distance ** 2;
    let begin = -Infinity;
    // One that is beaten from where it begins is the lowest nowhere.
    for (; count > 0; count--) {
      const place = places[count - 1]!;
      begin = (height - heights[count - 1]! + x * x - place * place) / (2 * (x - place));
      if (begin > from[count - 1]!) break;
    }
    places[count] = x;
    heights[count] = height;
    from[count++] = count === 1 ? -Infinity : begin;
  }
  return count;
}
