import { tf } from '../../../src/system/tensorflow.ts';
import { boxes, differentiable, float, forwardOnly, inner, int, type KernelCase } from './kernel-case.ts';

type Image = tf.Tensor4D;
type Volume = tf.Tensor5D;
const image = { x: float(1, 5, 6, 2) };
const volume = { x: float(1, 3, 4, 4, 1) };

/** Convolutions, pools, norms, images. */
export const networks: readonly KernelCase[] = [
  differentiable('avgPool', image, ({ x }) => tf.avgPool(x as Image, 2, 2, 'same')),
  differentiable('avgPool3d', volume, ({ x }) => tf.avgPool3d(x as Volume, 2, 1, 'valid')),
  differentiable(
    'batchNorm',
    { ...image, m: float(2), v: inner(2), o: float(2), s: float(2) },
    ({ x, m, v, o, s }) =>
      tf.batchNorm(x as Image, m as tf.Tensor1D, v as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D, 1e-3),
  ),
  differentiable('conv1d', { x: float(1, 6, 2), f: float(3, 2, 2) }, ({ x, f }) =>
    tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 1, 'same'),
  ),
  differentiable('conv2d', { ...image, f: float(3, 3, 2, 3) }, ({ x, f }) =>
    tf.conv2d(x as Image, f as Image, 2, 'same'),
  ),
  forwardOnly('conv2d, explicit padding', { ...image, f: float(3, 3, 2, 1) }, ({ x, f }) =>
    tf.conv2d(
      x as Image,
      f as Image,
      1,
      [
        [0, 0],
        [1, 2],
        [0, 1],
        [0, 0],
      ],
      'NHWC',
      1,
    ),
  ),
  forwardOnly('conv2d, dilated', { ...image, f: float(3, 3, 2, 1) }, ({ x, f }) =>
    tf.conv2d(x as Image, f as Image, 1, 'valid', 'NHWC', 2),
  ),
  differentiable('conv2dTranspose', { ...image, f: float(3, 3, 3, 2) }, ({ x, f }) =>
    tf.conv2dTranspose(x as Image, f as Image, [1, 10, 12, 3], 2, 'same'),
  ),
  differentiable('conv3d', { ...volume, f: float(2, 2, 2, 1, 2) }, ({ x, f }) =>
    tf.conv3d(x as Volume, f as Volume, 1, 'same'),
  ),
  forwardOnly('conv3dTranspose', { ...volume, f: float(2, 2, 2, 2, 1) }, ({ x, f }) =>
    tf.conv3dTranspose(x as Volume, f as Volume, [1, 6, 8, 8, 2], 2, 'same'),
  ),
  forwardOnly('cropAndResize', { ...image, b: boxes(3), i: int(1, 3) }, ({ x, b, i }) =>
    tf.image.cropAndResize(x as Image, b as tf.Tensor2D, i as tf.Tensor1D, [2, 3], 'bilinear', 0.5),
  ),
  differentiable('depthwiseConv2d', { ...image, f: float(3, 3, 2, 1) }, ({ x, f }) =>
    tf.depthwiseConv2d(x as Image, f as Image, 1, 'same'),
  ),
  differentiable('dilation2d', { ...image, f: float(2, 2, 2) }, ({ x, f }) =>
    tf.dilation2d(x as Image, f as tf.Tensor3D, 1, 'same'),
  ),
  differentiable('fused.conv2d', { ...image, f: float(3, 3, 2, 3), b: float(3) }, ({ x, f, b }) =>
    tf.fused.conv2d({
      x: x as Image,
      filter: f as Image,
      strides: 1,
      pad: 'same',
      bias: b!,
      activation: 'relu',
    }),
  ),
  differentiable('fused.depthwiseConv2d', { ...image, f: float(3, 3, 2, 1), b: float(2) }, ({ x, f, b }) =>
    tf.fused.depthwiseConv2d({
      x: x as Image,
      filter: f as Image,
      strides: 1,
      pad: 'same',
      bias: b!,
      activation: 'relu6',
    }),
  ),
  differentiable('fused.matMul', { a: float(2, 3), b: float(3, 2), bias: float(2) }, ({ a, b, bias }) =>
    tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation: 'relu' }),
  ),
  differentiable('localResponseNormalization', image, ({ x }) =>
    tf.localResponseNormalization(x as Image, 1, 1, 0.5, 0.7),
  ),
  differentiable('maxPool', image, ({ x }) => tf.maxPool(x as Image, 3, 2, 'same')),
  differentiable('maxPool3d', volume, ({ x }) => tf.maxPool3d(x as Volume, 2, 1, 'valid')),
  forwardOnly('nonMaxSuppressionPadded', { b: boxes(6), s: float(6) }, ({ b, s }) =>
    Object.values(tf.image.nonMaxSuppressionPadded(b as tf.Tensor2D, s as tf.Tensor1D, 4, 0.3, -1, true)),
  ),
  differentiable('resizeBilinear', image, ({ x }) => tf.image.resizeBilinear(x as Image, [7, 9])),
  differentiable('resizeBilinear, half-pixel centres', image, ({ x }) =>
    tf.image.resizeBilinear(x as Image, [7, 9], false, true),
  ),
  differentiable('resizeNearestNeighbor', image, ({ x }) =>
    tf.image.resizeNearestNeighbor(x as Image, [10, 12]),
  ),
  differentiable('separableConv2d', { ...image, d: float(3, 3, 2, 1), p: float(1, 1, 2, 3) }, ({ x, d, p }) =>
    tf.separableConv2d(x as Image, d as Image, p as Image, 1, 'same'),
  ),
  differentiable('grayscaleToRGB', { x: float(1, 2, 2, 1) }, ({ x }) => tf.image.grayscaleToRGB(x as Image)),
  forwardOnly('rgbToGrayscale', { x: float(1, 2, 2, 3) }, ({ x }) => tf.image.rgbToGrayscale(x as Image)),
  differentiable(
    'basicLSTMCell',
    { x: float(1, 2), c: float(1, 3), h: float(1, 3), k: float(5, 12), b: float(12) },
    ({ x, c, h, k, b }) =>
      tf.basicLSTMCell(
        tf.scalar(1),
        k as tf.Tensor2D,
        b as tf.Tensor1D,
        x as tf.Tensor2D,
        c as tf.Tensor2D,
        h as tf.Tensor2D,
      ),
  ),
];
