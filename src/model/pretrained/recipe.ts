/**
 * How our weights follow from the tensors of other programs: layouts, order of numbers, batch norm.
 *
 * O outputs · I inputs · H, W window. PyTorch: convolutions [O, I, H, W] (transposed ones [I, O, H, W]), dense layers
 * [O, I]. Ours, as TensorFlow: [H, W, I, O] ([H, W, O, I]), [I, O].
 */

/** A weight of ours. */
export interface Target {
  name: string;
  shape: readonly number[];
}

/** How one weight is made. */
export interface Recipe {
  /** Names in the file. */
  sources: readonly string[];
  /** The shape that each source must have. */
  shape: readonly number[];
  /** Axis of `shape` along which the layer's outputs lie. */
  outputAxis: number;
  /** @param sources row-major values, in the order of `sources` */
  convert(...sources: Float32Array[]): Float32Array;
}

/** PyTorch's `BatchNorm2d.eps`. torchvision runs its own file of COCO with 0 (pytorch/vision#2940), hardly another function. */
const BATCH_NORM_EPSILON = 1e-5;

/** What changes the order of a layer's numbers. */
export interface OrderOptions {
  /** The outputs are box offsets: (dx, dy, dw, dh) there, (dy, dx, dh, dw) here. */
  boxDeltas?: boolean;
  /** Side of the map that a dense layer reads as one row: channels come first there, last here. */
  window?: number;
}

/** A weight from a module of PyTorch: `.kernel` and `.bias` of a layer, `.scale` and `.shift` of a frozen batch norm. */
export function torchRecipe(
  { name, shape }: Target,
  module: string,
  { boxDeltas = false, window = 1 }: OrderOptions = {},
): Recipe | null {
  const inModule = (...parts: string[]) => parts.map((part) => `${module}.${part}`);
  const outputs = name.endsWith('.kernel') ? shape.at(-1)! : shape[0]!;
  const reorder = (values: Float32Array) => (boxDeltas ? swapBoxDeltas(values, outputs) : values);
  switch (name.slice(name.lastIndexOf('.') + 1)) {
    case 'kernel': {
      const layout = torchLayout(shape, window);
      return {
        sources: inModule('weight'),
        shape: shape.length === 2 ? shape.toReversed() : layout,
        outputAxis: 0,
        convert: (values) => reverseLayout(reorder(values), layout),
      };
    }
    case 'bias':
      return { sources: inModule('bias'), shape, outputAxis: 0, convert: reorder };
    case 'scale':
      return { sources: inModule('weight', 'running_var'), shape, outputAxis: 0, convert: foldScale };
    case 'shift': {
      const sources = inModule('weight', 'running_var', 'bias', 'running_mean');
      return { sources, shape, outputAxis: 0, convert: foldShift };
    }
    default:
      return null;
  }
}

type Layout = readonly [number, number, number, number];

/** Of a kernel of ours: [O, I, H, W] ([I, O, H, W] where transposed); dense layers have a window by their map. */
function torchLayout(shape: readonly number[], window: number): Layout {
  if (shape.length === 2) return [shape[1]!, shape[0]! / window ** 2, window, window];
  return shape.toReversed().with(2, shape[0]!).with(3, shape[1]!) as unknown as Layout;
}

/** Neighbours that are moved together, a line of the processor's cache: five times as fast as one by one. */
const TOGETHER = 16;

/** [A, B, H, W] → [H, W, B, A], row-major: all layouts of PyTorch become ours by this. */
function reverseLayout(values: Float32Array, [A, B, H, W]: Layout): Float32Array {
  const result = new Float32Array(values.length);
  const window = H * W;
  const row = B * window;
  for (let first = 0; first < A; first += TOGETHER) {
    const end = Math.min(A, first + TOGETHER);
    for (let from = 0; from < row; from++) {
      const to = ((from % window) * B + Math.floor(from / window)) * A;
      for (let a = first; a < end; a++) result[to + a] = values[a * row + from]!;
    }
  }
  return result;
}

/** [4·n, …] with rows (dx, dy, dw, dh) of each box → (dy, dx, dh, dw). */
function swapBoxDeltas(values: Float32Array, rows: number): Float32Array {
  const size = values.length / rows;
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    result.set(values.subarray(row * size, (row + 1) * size), (row ^ 1) * size);
  }
  return result;
}

function foldScale(gamma: Float32Array, variance: Float32Array): Float32Array {
  return gamma.map((value, c) => value / Math.sqrt(variance[c]! + BATCH_NORM_EPSILON));
}

function foldShift(...[gamma, variance, beta, mean]: Float32Array[]): Float32Array {
  const scale = foldScale(gamma!, variance!);
  return beta!.map((value, c) => value - mean![c]! * scale[c]!);
}
