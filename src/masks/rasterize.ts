/**
 * Anti-aliased rasterising: how much of each cell of a small grid a building covers.
 *
 * The areas are exact (no sampling): each edge adds, to every cell it passes, the signed area between itself and the
 * cell's right side; a running sum along the rows then holds the covered area. The scheme is that of scan-line font
 * renderers (R. Levien, "Inside the fastest font renderer in the world", 2016, and FreeType's smooth rasteriser).
 *
 * S = size of the grid. Coordinates are pixels; pixel i covers [i, i + 1).
 */

/** [y1, x1, y2, x2] */
type Box = readonly [number, number, number, number];

/**
 * A building's mask in the frame of its box: the target of the mask head.
 * Each ring must not cross itself. Rings are added up: where two of them overlap, a cell partly covered by both may read
 * too high (at most 1).
 * @param polygons outer rings, each flat [x0, y0, x1, y1, ...], in pixels; what lies outside the box is cut off
 * @param box the frame; its sides are divided into S cells each
 * @returns [S, S] row by row, covered share of each cell in 0-1; all 0 for a box without area and for no polygons
 */
export function rasterizeCoverage(
  polygons: readonly (readonly number[])[],
  box: Box,
  size: number,
): Float32Array {
  const [y1, x1, y2, x2] = box;
  const coverage = new Float32Array(size * size);
  if (!(y2 > y1 && x2 > x1)) return coverage;
  const [scaleX, scaleY] = [size / (x2 - x1), size / (y2 - y1)];
  for (const ring of polygons) {
    const points: Point[] = [];
    for (let i = 0; i < ring.length; i += 2) {
      points.push({ x: (ring[i]! - x1) * scaleX, y: (ring[i + 1]! - y1) * scaleY });
    }
    addRing(points, size, coverage);
  }
  return coverage;
}

function addRing(points: readonly Point[], size: number, coverage: Float32Array): void {
  const grid = createGrid(size);
  for (const [i, point] of points.entries()) addEdge(grid, point, points[(i + 1) % points.length]!);
  for (let row = 0; row < size; row++) {
    let covered = 0;
    for (let column = 0; column < size; column++) {
      covered += grid.changes[row * grid.stride + column]!;
      const i = row * size + column;
      // A ring drawn clockwise sums to +1 inside, the other way round to -1.
      coverage[i] = Math.min(1, coverage[i]! + Math.abs(covered));
    }
  }
}

/** `changes[row, column]`: how the covered area of a cell differs from that of its left neighbour. */
interface Grid {
  size: number;
  stride: number;
  changes: Float64Array;
}

function createGrid(size: number): Grid {
  // One column more takes what the last cell of a row would hand on to its right neighbour.
  return { size, stride: size + 1, changes: new Float64Array(size * (size + 1)) };
}

interface Point {
  x: number;
  y: number;
}

/** Cuts the edge at the grid's rows and at its left and right side, and adds the pieces. */
function addEdge(grid: Grid, from: Point, to: Point): void {
  if (from.y === to.y) return;
  const slope = (to.x - from.x) / (to.y - from.y);
  const sign = to.y > from.y ? 1 : -1;
  const top = Math.max(0, Math.min(from.y, to.y));
  const bottom = Math.min(grid.size, Math.max(from.y, to.y));
  for (let row = Math.floor(top); row < bottom; row++) {
    const [rowTop, rowBottom] = [Math.max(top, row), Math.min(bottom, row + 1)];
    const xTop = from.x + slope * (rowTop - from.y);
    const xBottom = from.x + slope * (rowBottom - from.y);
    const piece = { left: Math.min(xTop, xBottom), right: Math.max(xTop, xBottom) };
    addRowPiece(grid, row, { ...piece, height: sign * (rowBottom - rowTop) });
  }
}

/** What of an edge lies within one row: from x = left to x = right, with a signed height of 0-1 rows. */
interface RowPiece {
  left: number;
  right: number;
  height: number;
}

function addRowPiece(grid: Grid, row: number, { left, right, height }: RowPiece): void {
  const start = row * grid.stride;
  const share = (from: number, to: number) =>
    right === left ? height : (height * (to - from)) / (right - left);
  if (left < 0) grid.changes[start]! += share(left, Math.min(right, 0));
  if (right < 0 || left >= grid.size) return;
  const last = Math.min(right, grid.size);
  let x = Math.max(left, 0);
  do {
    const column = Math.min(Math.floor(x), grid.size - 1);
    const end = Math.min(last, column + 1);
    const piece = share(x, end);
    const handedOn = piece * ((x + end) / 2 - column);
    grid.changes[start + column]! += piece - handedOn;
    grid.changes[start + column + 1]! += handedOn;
    x = end;
  } while (x < last);
}
