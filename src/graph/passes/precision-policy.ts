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
 * `lower` holds what matrix hardware speeds up, all with kernels for bfloat16 and float16 on CPUs and GPUs. On two cores
 * with AVX512-BF16 and AMX (ms per training step, medians of runs in turns; ResNet-18 with GroupNorm, 4 images of 256 px;
 * the dense part of a Mask R-CNN R50-FPN, 2 images of 512 px):
 *
 * | bfloat16 | ResNet-18 | Mask R-CNN | its first loss is off by |
 * |---|---|---|---|
 * | nothing | 256 | see below | |
 * | `lower` | 155 | 1286 | 0.07 % |
 * | `lower`, `follow` | 157 | 1276 | 0.07 % |
 * | and Add, MaxPoolGrad | 154 | 1202 | 0.8 % |
 * | and Mul | 169 | | |
 *
 * Depthwise convolutions move more than they compute and gain nothing (4.3 against 4.4 ms for six of them with their
 * gradients), so they stay float32.
 *
 * `follow` holds only what selects or moves values: rounding before or after gives the same number, so these save casts
 * and memory and change no result (but for float16, where ReluGrad takes an activation below 3e-8 for 0). Sums are left
 * out: Add would gain up to 6 % and cost ten times the error, Mul as in GroupNorm costs time too.
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
