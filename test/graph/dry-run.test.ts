import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { describe, expect, it } from 'vitest';
import { type Recording, recordFunction, type TensorFunction } from '../../src/graph/record.ts';
import { DT_FLOAT, DT_INT32, type KernelAttribute, runKernelMulti } from '../../src/ops/kernel.ts';
import { tf } from '../../src/system/tensorflow.ts';

interface Inputs {
  /** [2, 12, 10, 8]: too large for a dry run to keep its values. */
  map: tf.Tensor4D;
  /** [3, 2, 8, 16] */
  filter: tf.Tensor4D;
  /** [24, 20] */
  matrix: tf.Tensor2D;
}

type Fn = (inputs: Inputs) => tf.Tensor | tf.Tensor[];

const state = new Map<string, tf.Variable>();

function record(fn: Fn, dry: boolean): Recording {
  const inputs = {
    map: tf.randomUniform<tf.Rank.R4>([2, 12, 10, 8], 0.1, 1, 'float32', 1),
    filter: tf.randomUniform<tf.Rank.R4>([3, 2, 8, 16], 0.1, 1, 'float32', 2),
    matrix: tf.randomUniform<tf.Rank.R2>([24, 20], 0.1, 1, 'float32', 3),
  };
  const all = (tensors: Inputs) =>
    Object.fromEntries([fn(tensors)].flat().map((tensor, i) => [`y${i}`, tensor]));
  try {
    return recordFunction('f', all as unknown as TensorFunction, inputs, { state, constants: [], dry });
  } finally {
    tf.dispose(Object.values(inputs));
  }
}

const T = { type: DT_FLOAT };
const ints = (...values: number[]) => tf.tensor1d(values, 'int32');
const kernel = (
  op: string,
  inputs: tf.Tensor[],
  attributes: Record<string, KernelAttribute> = {},
  outputs = 1,
) => runKernelMulti(op, inputs, attributes, outputs);
const window = {
  T,
  padding: { string: 'VALID' },
  data_format: { string: 'NHWC' },
  ksize: { ints: [1, 3, 2, 1] },
};
const boxes = () => tf.tensor2d([0, 0, 1, 1, 0, 0, 0.5, 0.5], [2, 4]);
const bilinear = { T, method: { string: 'bilinear' } };

const FUNCTIONS: Record<string, Fn> = {
  'arithmetic of one': ({ map }) => [
    map.relu(),
    map.neg(),
    map.sqrt(),
    map.sigmoid(),
    map.softmax(),
    map.isNaN(),
  ],
  'arithmetic of two': ({ map, matrix }) => [
    map.add(map),
    map.mul(tf.ones([10, 1])),
    tf.scalar(2).sub(map),
    matrix.reshape([24, 1, 20]).maximum(matrix.reshape([1, 24, 20])),
    map.greater(0.5),
    map.less(0.5).logicalAnd(map.greater(0.1)),
    tf.where(map.greater(0.5), map, tf.zerosLike(map)),
    tf.addN([map, map, map]),
    kernel('BiasAdd', [map, tf.zeros([8])], { T })[0]!,
    kernel('ReluGrad', [map, map], { T })[0]!,
  ],
  casts: ({ map }) => [map.greater(0.5).cast('float32'), map.cast('int32'), map.toBool()],
  convolutions: ({ map, filter }) => [
    tf.conv2d(map, filter, 1, 'same'),
    tf.conv2d(map, filter, [2, 1], 'same'),
    tf.conv2d(map, filter, [3, 2], 'valid'),
    tf.conv2d(map, filter, 1, 'valid', 'NHWC', [2, 3]),
    tf.conv2d(
      map,
      filter,
      [2, 1],
      [
        [0, 0],
        [1, 2],
        [0, 1],
        [0, 0],
      ],
    ),
  ],
  'gradients of convolutions': ({ map, filter }) => {
    const loss = (x: tf.Tensor, w: tf.Tensor) =>
      tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same').sum();
    return tf.grads(loss as (...args: tf.Tensor[]) => tf.Tensor)([map, filter]);
  },
  'transposed convolution': ({ map }) =>
    tf.conv2dTranspose(map, tf.ones([2, 2, 4, 8]), [2, 24, 20, 4], 2, 'same'),
  'matrix products': ({ matrix }) => [
    ...[false, true].flatMap((transpose_a) =>
      [false, true].flatMap((transpose_b) => {
        const [a, b] = [transpose_a ? matrix.transpose() : matrix, transpose_b ? matrix : matrix.transpose()];
        const attributes = { T, transpose_a: { bool: transpose_a }, transpose_b: { bool: transpose_b } };
        return kernel('MatMul', [a, b], attributes);
      }),
    ),
    tf.matMul(matrix.reshape([2, 12, 20]), matrix.reshape([2, 20, 12])),
    tf.matMul(matrix.reshape([2, 12, 20]), matrix.reshape([2, 12, 20]), true),
  ],
  pooling: ({ map }) => [
    tf.maxPool(map, [3, 2], [2, 3], 'same'),
    tf.avgPool(map, [3, 2], [2, 1], 'valid'),
    ...kernel('AvgPool', [map], { ...window, strides: { ints: [1, 2, 2, 1] } }),
    tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid').sum())(map),
  ],
  reductions: ({ map }) => [
    map.sum(),
    map.mean([1, 2]),
    map.max(-1, true),
    map.min([0, 3]),
    map.greater(0.5).any(2),
    ...kernel('EuclideanNorm', [map, ints(1, -2)], {
      T,
      Tidx: { type: DT_INT32 },
      keep_dims: { bool: true },
    }),
    map.argMax(1),
    map.argMin(-1),
  ],
  shapes: ({ map, matrix }) => [
    map.reshape([24, -1]),
    map.expandDims(2),
    map.expandDims(-1),
    matrix.transpose(),
    map.transpose([0, 3, 1, 2]),
    matrix.tile([3, 2]),
    tf.fill([30, 40], 1.5),
    map.slice([0, 1, 2, 0], [2, -1, 3, 8]),
    tf.concat([matrix, matrix], 1),
    tf.concat([map, map, map], -2),
    tf.stack([matrix, matrix, matrix], 1),
    tf.stack([matrix, matrix], -1),
    ...tf.unstack(matrix, 1),
    ...tf.split(matrix, [5, 4, 11], 1),
    ...tf.split(map, 5, -2),
  ],
  padding: ({ map }) => [
    tf.pad(map, [
      [0, 1],
      [2, 3],
      [0, 0],
      [4, 0],
    ]),
    tf.mirrorPad(
      map,
      [
        [0, 0],
        [1, 2],
        [2, 1],
        [0, 0],
      ],
      'reflect',
    ),
    ...kernel('MirrorPadGrad', [map, tf.tensor2d([0, 0, 0, 1, 0, 1, 0, 0], [4, 2], 'int32')], {
      T,
      Tpaddings: { type: DT_INT32 },
      mode: { string: 'SYMMETRIC' },
    }),
  ],
  'gathering and choosing': ({ map, matrix }) => [
    tf.gather(matrix, ints(3, 1, 2), 1),
    tf.gather(map, tf.tensor2d([0, 1, 1, 0], [2, 2], 'int32'), 3),
    tf.gather(matrix, tf.zeros([24, 30], 'int32'), 1, 1),
    tf.topk(matrix, 4).values,
    tf.topk(matrix, 4).indices,
    tf.oneHot(matrix.flatten().cast('int32'), 5),
    ...kernel(
      'DynamicStitch',
      [ints(0, 2), ints(1), matrix.slice([0, 0], [2, 20]), matrix.slice([0, 0], [1, 20])],
      {
        N: { int: 2 },
        T,
      },
    ),
  ],
  resizing: ({ map }) => [
    tf.image.resizeNearestNeighbor(map, [30, 5]),
    tf.image.resizeBilinear(map, [30, 5]),
    tf.grad((x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [24, 20]).sum())(map),
    ...kernel('CropAndResize', [map, boxes(), ints(0, 1), ints(14, 7)], {
      ...bilinear,
      extrapolation_value: { float: 0 },
    }),
    ...kernel('CropAndResizeGradImage', [map, boxes(), ints(0, 1), ints(2, 9, 9, 8)], bilinear),
  ],
};

describe('a dry recording', () => {
  it.each(Object.keys(FUNCTIONS))('is the same as one that computes: %s', (name) => {
    const [dry, computed] = [record(FUNCTIONS[name]!, true), record(FUNCTIONS[name]!, false)];
    expect(dry.nodes).toEqual(computed.nodes);
    expect(new Map([...dry.specs].map(([at, { shape, dtype }]) => [at, { shape, dtype }]))).toEqual(
      new Map([...computed.specs].map(([at, { shape, dtype }]) => [at, { shape, dtype }])),
    );
  });

  it('holds what no machine could', () => {
    const { outputs, specs } = record(({ matrix }) => {
      const huge = matrix.tile([1e6, 1e6]).relu();
      return tf.matMul(huge, huge, false, true);
    }, true);
    expect(outputs[0]!.shape).toEqual([24e6, 24e6]);
    expect([...specs.values()].map(({ shape }) => shape)).toContainEqual([24e6, 20e6]);
  });

  it('knows sizes that are computed from constants', () => {
    const { specs } = record(({ matrix }) => {
      const shape = ints(6, 2).mul(ints(2, 20));
      const reshaped = kernel('Reshape', [matrix, shape], { T, Tshape: { type: DT_INT32 } });
      return kernel('L2Loss', reshaped, { T });
    }, true);
    expect(specs.get('f/Reshape_6')?.shape).toEqual([12, 40]);
  });

  it('gives all rows to the first part, as their numbers are unknown', () => {
    const { specs } = record(({ matrix }) => {
      const parts = matrix.slice([0, 0], [24, 1]).flatten().add(1).cast('int32');
      const rows = kernel(
        'DynamicPartition',
        [matrix.tile([20, 1]), parts.tile([20])],
        { T, num_partitions: { int: 3 } },
        3,
      );
      const indices = rows.map((_, i) => ints(...Array.from({ length: i === 0 ? 480 : 0 }, (_, row) => row)));
      return kernel('DynamicStitch', [...indices, ...rows], { N: { int: 3 }, T });
    }, true);
    const sizes = [...specs].filter(([at]) => at.includes('DynamicPartition')).map(([, { shape }]) => shape);
    expect(sizes).toEqual([
      [480, 20],
      [0, 20],
      [0, 20],
    ]);
  });

  it('leaves variables, tensors and TensorFlow as they were', () => {
    const w = tf.variable(tf.range(0, 600).reshape([20, 30]));
    state.set('w', w);
    const { binding } = tf.backend() as NodeJSKernelBackend;
    const before = { tensors: tf.memory().numTensors, binding };
    record(({ matrix }) => {
      const y = matrix.matMul(w as unknown as tf.Tensor2D);
      w.assign(w.mul(2));
      return y;
    }, true);
    state.clear();
    expect(tf.memory().numTensors).toBe(before.tensors);
    expect((tf.backend() as NodeJSKernelBackend).binding).toBe(before.binding);
    expect(w.dataSync()[599]).toBe(599);
    w.dispose();
  });

  it('refuses what a recording refuses', () => {
    expect(() => record(({ matrix }) => tf.scalar(matrix.dataSync()[0]!), true)).toThrow(
      /dataSync reads a value/,
    );
  });
});
