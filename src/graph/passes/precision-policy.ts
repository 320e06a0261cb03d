/**
 * Which operations run in a type of 16 bits; one that is in neither set stays float32. Names as in TensorFlow's op
 * registry, of operations with one output, of the type of their inputs.
 */
export interface PrecisionPolicy {
  /** Those that always do. */
  lower: ReadonlySet<string>;
  /**
   * Those that do where they stand between two that do, so that no casts come between: where their first input comes
   * in the low type, and something that runs in it takes their result.
   */
  follow: ReadonlySet<string>;
}

/**
 * `lower` holds what matrix hardware speeds up: operations with kernels for bfloat16 and float16 on CPUs and GPUs alike.
 * `follow` holds only what selects or moves values: rounding before or after gives the same number, so these save casts
 * and memory and change no result (but in float16, where ReluGrad takes an activation below 3e-8 for 0).
 *
 * Measured in bfloat16 on two cores with AVX512-BF16 and AMX: ms per training step, medians of 21 and 9 runs in turns,
 * and how far the first loss is from float32's. ResNet-18 with GroupNorm on 4 images of 256 px; the dense part of a
 * Mask R-CNN R50-FPN on 2 images of 512 px.
 *
 * | in the low type | ResNet-18 | | Mask R-CNN | |
 * |---|---|---|---|---|
 * | nothing (float32) | 275 | | 3184 | |
 * | `lower` | 168 | 0.49 % | 1333 | 0.05 % |
 * | `lower`, `follow` | 165 | 0.49 % | 1320 | 0.05 % |
 * | these, Add, MaxPoolGrad | 166 | 0.49 % | 1275 | 0.58 % |
 * | these, Add, MaxPoolGrad, Mul | 179 | 0.60 % | 1272 | 0.58 % |
 *
 * So sums stay float32: they gain 3 % at most and cost ten times the error; products, as in GroupNorm, even cost time.
 * Depthwise convolutions stay float32 too: they move more than they compute (six with their gradients, 4 images of
 * 64x64x128: 4.3 ms, in bfloat16 4.5).
 */
export const DEFAULT_POLICY: PrecisionPolicy = {
  lower: new Set([
    'Conv2D',
    'Conv2DBackpropInput',
    'Conv2DBackpropFilter',
    'MatMul',
    'BatchMatMul',
    'BatchMatMulV2',
  ]),
  follow: new Set([
    'Identity',
    'Relu',
    'ReluGrad',
    'Relu6',
    'MaxPool',
    'Reshape',
    'ExpandDims',
    'Squeeze',
    'Transpose',
    'Slice',
    'StridedSlice',
    'Pad',
    'MirrorPad',
    'ResizeNearestNeighbor',
  ]),
};
