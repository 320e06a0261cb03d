import { tf } from '../../../src/system/tensorflow.ts';
import { bool, differentiable, float, forwardOnly, inner, int, type KernelCase } from './kernel-case.ts';

const matrix = { x: inner(3, 4) };

/** Reductions, products of matrices, choices. */
export const reductions: readonly KernelCase[] = [
  forwardOnly('all', { x: bool(2, 3) }, ({ x }) => [tf.all(x!), tf.all(x!, 1, true)]),
  forwardOnly('any', { x: bool(2, 3) }, ({ x }) => [tf.any(x!), tf.any(x!, 0)]),
  forwardOnly('argMax', matrix, ({ x }) => [tf.argMax(x!, 1), tf.argMax(x!, 0)]),
  forwardOnly('argMin', matrix, ({ x }) => tf.argMin(x!, 1)),
  forwardOnly('cumprod', matrix, ({ x }) => tf.cumprod(x!, 1)),
  differentiable('cumsum', matrix, ({ x }) => tf.cumsum(x!, 1, true, true)),
  differentiable('logSoftmax', matrix, ({ x }) => tf.logSoftmax(x!)),
  differentiable('logSumExp', matrix, ({ x }) => tf.logSumExp(x!, 1)),
  differentiable('max', matrix, ({ x }) => [tf.max(x!, 1), tf.max(x!)]),
  differentiable('mean', matrix, ({ x }) => [tf.mean(x!, 1, true), tf.mean(x!)]),
  forwardOnly('mean of whole numbers', { x: int(9, 4) }, ({ x }) => tf.mean(x!)),
  differentiable('min', matrix, ({ x }) => tf.min(x!, 0)),
  differentiable('moments', matrix, ({ x }) => Object.values(tf.moments(x!, 0))),
  differentiable('norm', matrix, ({ x }) => tf.norm(x!)),
  differentiable('prod', matrix, ({ x }) => tf.prod(x!, 1)),
  differentiable('softmax', matrix, ({ x }) => tf.softmax(x!)),
  differentiable('sum', matrix, ({ x }) => [tf.sum(x!, 1, true), tf.sum(x!)]),
  forwardOnly('sum of bool', { x: bool(7) }, ({ x }) => tf.sum(x!)),
  forwardOnly('topk', matrix, ({ x }) => Object.values(tf.topk(x!, 2))),
  differentiable('dot', { a: float(2, 3), b: float(3) }, ({ a, b }) => tf.dot(a!, b!)),
  differentiable('matMul', { a: float(2, 3), b: float(4, 3) }, ({ a, b }) => tf.matMul(a!, b!, false, true)),
  differentiable('matMul of batches', { a: float(2, 3, 2), b: float(2, 3, 4) }, ({ a, b }) =>
    tf.matMul(a!, b!, true),
  ),
  forwardOnly('einsum', { a: float(2, 3), b: float(3, 4) }, ({ a, b }) => tf.einsum('ij,jk->ki', a!, b!)),
  differentiable('outerProduct', { a: float(2), b: float(3) }, ({ a, b }) =>
    tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D),
  ),
  forwardOnly('bincount', { x: int(4, 9), w: float(9) }, ({ x, w }) =>
    tf.bincount(x as tf.Tensor1D, w as tf.Tensor1D, 4),
  ),
  differentiable('unsortedSegmentSum', { x: float(5, 2), s: int(3, 5) }, ({ x, s }) =>
    tf.unsortedSegmentSum(x!, s as tf.Tensor1D, 3),
  ),
  differentiable('gather', { x: float(4, 3), i: int(4, 5) }, ({ x, i }) => tf.gather(x!, i!)),
  differentiable('gather along an axis', { x: float(2, 4), i: int(4, 3) }, ({ x, i }) =>
    tf.gather(x!, i!, 1),
  ),
  differentiable('gather in batches', { x: float(2, 4), i: int(4, 2, 3) }, ({ x, i }) =>
    tf.gather(x!, i!, 1, 1),
  ),
  forwardOnly('gatherND', { x: float(3, 3), i: int(3, 4, 2) }, ({ x, i }) => tf.gatherND(x!, i!)),
  forwardOnly('scatterND', { i: int(6, 3, 1), u: float(3, 2) }, ({ i, u }) => tf.scatterND(i!, u!, [6, 2])),
  forwardOnly('tensorScatterUpdate', { x: float(6, 2), i: int(6, 1, 1), u: float(1, 2) }, ({ x, i, u }) =>
    tf.tensorScatterUpdate(x!, i!, u!),
  ),
  forwardOnly('sparseToDense', { i: int(6, 1), v: float(1) }, ({ i, v }) =>
    tf.sparseToDense(i!, v!, [6], 0.5),
  ),
  differentiable('oneHot', { i: int(3, 4), x: float(4, 3) }, ({ i, x }) => tf.oneHot(i!, 3, 2, -1).mul(x!)),
  forwardOnly('confusionMatrix', { a: int(3, 9), b: int(3, 9) }, ({ a, b }) =>
    tf.math.confusionMatrix(a as tf.Tensor1D, b as tf.Tensor1D, 3),
  ),
  differentiable('softmaxCrossEntropy', { a: inner(2, 3), b: float(2, 3) }, ({ a, b }) =>
    tf.losses.softmaxCrossEntropy(a!, b!),
  ),
  differentiable('huberLoss', { a: float(4), b: float(4) }, ({ a, b }) => tf.losses.huberLoss(a!, b!)),
];
