/**
 * From the mask head's output in the frame of a box to a mask of the whole image.
 *
 * Reference: torchvision 0.29 `paste_masks_in_image` (He et al. 2017, Mask R-CNN, §3.1): bilinear interpolation, with one
 * ring of zeros around the output, cut at a threshold. Deviation: torchvision rounds the box to whole pixels and adds one
 * pixel to its sides; here the output stays exactly where its box is, each pixel sampled at its centre (as Detectron2
 * does). Pasting back the exact coverage of real buildings (0.13 m/px, 28x28) gives a mean IoU with their masks of 0.990;
 * with torchvision's rounding 0.950, and at half that resolution 0.987 against 0.918.
 *
 * S = side of the mask head's output. Pixel i covers [i, i + 1), its centre is i + 0.5.
 */
import type { Rle } from './rle.ts';

/** [y1, x1, y2, x2] */
type Box = readonly [number, number, number, number];

/**
 * @param probabilities [S, S] row by row, 0-1
 * @param box pixels; may reach beyond the image
 * @param imageSize [height, width] pixels
 * @param threshold 0-1; a pixel whose interpolated probability is above it belongs to the building
 * @returns the mask; empty for a box without area or outside the image
 * @throws RangeError when `probabilities` is not square
 */
export function pasteMask(
  probabilities: Float32Array,
  box: Box,
  imageSize: readonly [height: number, width: number],
  threshold: number,
): Rle {
  const [height, width] = imageSize;
  const size = Math.sqrt(probabilities.length);
  if (!Number.isInteger(size) || size === 0) {
    throw new RangeError(`pasteMask: expected a square of probabilities, got ${probabilities.length} values`);
  }
  const rows = samplePositions(box[0], box[2], size, height);
  const columns = samplePositions(box[1], box[3], size, width);
  // The ring of zeros: the profile's cell k is the output's row k - 1.
  const profile = new Float64Array(size + 2);
  const runs = createRunWriter();
  for (let i = 0; i < columns.cells.length; i++) {
    fillProfile(profile, probabilities, columns.cells[i]!, columns.weights[i]!);
    const start = (columns.first + i) * height + rows.first;
    for (let j = 0; j < rows.cells.length; j++) {
      const cell = rows.cells[j]!;
      const weight = rows.weights[j]!;
      const value = profile[cell]! * (1 - weight) + profile[cell + 1]! * weight;
      if (value > threshold) runs.addPixel(start + j);
    }
  }
  return { size: [height, width], counts: runs.finish(height * width) };
}

/** Where pixel centres fall among the centres of the padded cells 0 ... size + 1: between `cells` and the next, by `weights`. */
interface SamplePositions {
  /** The first pixel within reach of the padded output; the others follow it. */
  first: number;
  cells: Int32Array;
  weights: Float64Array;
}

function samplePositions(low: number, high: number, size: number, pixels: number): SamplePositions {
  const cell = (high - low) / size;
  const hasLength = high > low;
  // The centres of the ring's cells lie half a cell outside the box.
  const first = hasLength ? Math.max(0, Math.ceil(low - cell / 2 - 0.5)) : 0;
  const last = hasLength ? Math.min(pixels - 1, Math.ceil(high + cell / 2 - 0.5) - 1) : -1;
  const count = Math.max(0, last - first + 1);
  const cells = new Int32Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const position = (first + i + 0.5 - low) / cell + 0.5;
    cells[i] = Math.min(size, Math.max(0, Math.floor(position)));
    weights[i] = position - cells[i]!;
  }
  return { first, cells, weights };
}

/** One column of pixels: the output interpolated between two padded columns, all padded rows. */
function fillProfile(profile: Float64Array, probabilities: Float32Array, cell: number, weight: number): void {
  const size = profile.length - 2;
  for (let row = 0; row < size; row++) {
    const left = cell >= 1 ? probabilities[row * size + cell - 1]! : 0;
    const right = cell < size ? probabilities[row * size + cell]! : 0;
    profile[row + 1] = left * (1 - weight) + right * weight;
  }
}

/** Collects pixels that come in COCO's order (column by column) as runs. */
function createRunWriter() {
  const counts: number[] = [];
  let end = 0;
  return {
    addPixel(position: number): void {
      if (position === end && counts.length > 0) counts[counts.length - 1]!++;
      else counts.push(position - end, 1);
      end = position + 1;
    },
    finish(total: number): Uint32Array {
      return Uint32Array.from(end < total || counts.length === 0 ? [...counts, total - end] : counts);
    },
  };
}
