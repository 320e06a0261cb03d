/** Which operations run in a type of 16 bits. An operation that is in neither set stays in float32. */
export interface PrecisionPolicy {
  /** Those that always do. */
  lower: ReadonlySet<string>;
  /** Those that do where they stand between two that do, so that no casts come between. */
  follow: ReadonlySet<string>;
}

export const DEFAULT_POLICY: PrecisionPolicy = {
  lower: new Set([
    'Conv2D',
    'Conv2DBackpropInput',
    'Conv2DBackpropFilter',
    'DepthwiseConv2dNative',
    'DepthwiseConv2dNativeBackpropInput',
    'DepthwiseConv2dNativeBackpropFilter',
    'Conv3D',
    'Conv3DBackpropInputV2',
    'Conv3DBackpropFilterV2',
    'MatMul',
    'BatchMatMul',
    'BatchMatMulV2',
  ]),
  follow: new Set([]),
};
