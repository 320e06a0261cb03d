/**
 * Anchors of a feature pyramid. Ren et al. 2015, §3.1.1 — https://arxiv.org/abs/1506.01497;
 * order and rounding as torchvision's `AnchorGenerator`: cells row by row, the ratios of one cell together.
 */

/** Where anchors stand on one level: a grid of cells. */
export interface AnchorLevel {
  /** Pixels between two cells, down and across. */
  strides: readonly [y: number, x: number];
  /** Cells of the level's map. */
  cells: readonly [rows: number, columns: number];
  /** Pixels: the square root of an anchor's area. */
  size: number;
}

/**
 * @param levels fine to coarse
 * @param ratios height / width of the anchors of a cell
 * @returns [Σ rows·columns·ratios.length, 4] flat, row-major: [y1, x1, y2, x2] in pixels, level after level
 */
export function anchorBoxes(levels: readonly AnchorLevel[], ratios: readonly number[]): Float32Array {
  const perCell = ratios.length;
  const total = levels.reduce((sum, { cells }) => sum + cells[0] * cells[1] * perCell, 0);
  const boxes = new Float32Array(total * 4);
  let at = 0;
  for (const {
    strides: [strideY, strideX],
    cells: [rows, columns],
    size,
  } of levels) {
    const shapes = ratios.map((ratio) => halfExtents(size, ratio));
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (const [halfHeight, halfWidth] of shapes) {
          boxes[at++] = row * strideY - halfHeight;
          boxes[at++] = column * strideX - halfWidth;
          boxes[at++] = row * strideY + halfHeight;
          boxes[at++] = column * strideX + halfWidth;
        }
      }
    }
  }
  return boxes;
}

/** Half height and half width, rounded to whole pixels (half to even) as torchvision does. */
function halfExtents(size: number, ratio: number): [number, number] {
  const height = size * Math.sqrt(ratio);
  const width = size / Math.sqrt(ratio);
  return [roundHalfToEven(height / 2), roundHalfToEven(width / 2)];
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
