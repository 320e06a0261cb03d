import { tf } from '../../../src/system/tensorflow.ts';
import { differentiable, float, forwardOnly, int, type KernelCase } from './kernel-case.ts';

const matrix = { x: float(3, 4) };

/** Moving, joining, cutting; and tensors that come from numbers alone. */
export const shapes: readonly KernelCase[] = [
  differentiable('batchToSpaceND', { x: float(4, 2, 2, 1) }, ({ x }) =>
    tf.batchToSpaceND(
      x!,
      [2, 2],
      [
        [0, 0],
        [1, 0],
      ],
    ),
  ),
  differentiable('broadcastTo', { x: float(1, 3) }, ({ x }) => tf.broadcastTo(x!, [2, 3])),
  forwardOnly('broadcastArgs', matrix, ({ x }) =>
    x!.sum().add(tf.broadcastArgs(tf.tensor1d([2, 1], 'int32'), tf.tensor1d([1, 3], 'int32')).sum()),
  ),
  differentiable('clone', matrix, ({ x }) => x!.clone()),
  differentiable('concat', { a: float(2, 2), b: float(2, 3) }, ({ a, b }) => tf.concat([a!, b!], 1)),
  forwardOnly('depthToSpace', { x: float(1, 2, 2, 4) }, ({ x }) =>
    tf.depthToSpace(x as tf.Tensor4D, 2, 'NHWC'),
  ),
  forwardOnly('diag', { x: float(3) }, ({ x }) => tf.diag(x!)),
  differentiable('expandDims', matrix, ({ x }) => [tf.expandDims(x!, 1), tf.expandDims(x!, -1)]),
  forwardOnly('expandDims of whole numbers', { x: int(9, 4) }, ({ x }) => tf.expandDims(x!)),
  differentiable('eye', matrix, ({ x }) => tf.matMul(tf.eye(3), x as tf.Tensor2D)),
  differentiable('fill', matrix, ({ x }) => [
    tf.fill([2, 2], 3).mul(x!.sum()),
    tf.fill([300], 2.5).mul(x!.mean()),
  ]),
  forwardOnly('fill with whole numbers', { x: int(9, 4) }, ({ x }) => tf.fill([4], 3, 'int32').add(x!)),
  forwardOnly('flipLeftRight', { x: float(1, 2, 3, 1) }, ({ x }) => tf.image.flipLeftRight(x as tf.Tensor4D)),
  differentiable('linspace', { x: float(5) }, ({ x }) => tf.linspace(0, 2, 5).mul(x!)),
  differentiable('meshgrid', { a: float(2), b: float(3) }, ({ a, b }) => tf.meshgrid(a!, b!)),
  differentiable('mirrorPad', { x: float(3, 3) }, ({ x }) =>
    tf.mirrorPad(
      x!,
      [
        [1, 1],
        [1, 0],
      ],
      'reflect',
    ),
  ),
  differentiable('mirrorPad, symmetric', { x: float(3, 3) }, ({ x }) =>
    tf.mirrorPad(
      x!,
      [
        [1, 1],
        [1, 0],
      ],
      'symmetric',
    ),
  ),
  differentiable('pad', matrix, ({ x }) =>
    tf.pad(
      x!,
      [
        [1, 0],
        [0, 2],
      ],
      0.5,
    ),
  ),
  forwardOnly('pad of whole numbers', { x: int(9, 4) }, ({ x }) => tf.pad(x!, [[1, 2]], 7)),
  forwardOnly('pad of bool', { x: int(2, 4) }, ({ x }) => tf.pad(x!.cast('bool'), [[1, 2]])),
  differentiable('range', { x: float(4) }, ({ x }) => tf.range(0, 8, 2).mul(x!)),
  forwardOnly('range of whole numbers', { x: int(9, 4) }, ({ x }) => tf.range(8, 0, -2, 'int32').add(x!)),
  differentiable('reshape', matrix, ({ x }) => tf.reshape(x!, [2, -1])),
  differentiable('reverse', matrix, ({ x }) => tf.reverse(x!, [0])),
  differentiable('slice', matrix, ({ x }) => tf.slice(x!, [1, 0], [2, 3])),
  forwardOnly('slice of whole numbers', { x: int(9, 6) }, ({ x }) => tf.slice(x!, 2, 3)),
  differentiable('spaceToBatchND', { x: float(1, 4, 4, 1) }, ({ x }) =>
    tf.spaceToBatchND(
      x!,
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  ),
  differentiable('split', matrix, ({ x }) => tf.split(x!, [1, 3], 1)),
  differentiable('split into equal parts', matrix, ({ x }) => tf.split(x!, 2, 1)),
  differentiable('squeeze', { x: float(1, 3, 1) }, ({ x }) => tf.squeeze(x!, [0])),
  differentiable('stack', { a: float(3), b: float(3) }, ({ a, b }) => tf.stack([a!, b!], 1)),
  forwardOnly('stack of whole numbers', { a: int(9, 3), b: int(9, 3) }, ({ a, b }) => tf.stack([a!, b!])),
  forwardOnly('stridedSlice', matrix, ({ x }) => [
    tf.stridedSlice(x!, [0, 3], [3, 0], [2, -1]),
    tf.stridedSlice(x!, [1, 0], [2, 4], [1, 2], 0, 1, 0, 0, 1),
  ]),
  differentiable('tile', { x: float(2, 1) }, ({ x }) => tf.tile(x!, [2, 3])),
  differentiable('transpose', { x: float(2, 3, 4) }, ({ x }) => [
    tf.transpose(x!, [2, 0, 1]),
    tf.transpose(x!),
  ]),
  differentiable('unstack', matrix, ({ x }) => tf.unstack(x!, 1)),
  differentiable('zeros and ones', matrix, ({ x }) =>
    tf
      .zeros([3, 4])
      .add(tf.ones([3, 4]))
      .mul(x!),
  ),
  forwardOnly('bandPart', { x: float(3, 3) }, ({ x }) => tf.linalg.bandPart(x!, 1, 0)),
  forwardOnly('qr', { x: float(3, 3) }, ({ x }) => tf.linalg.qr(x!)),
  differentiable('gramSchmidt', { x: float(3, 3) }, ({ x }) => tf.linalg.gramSchmidt(x as tf.Tensor2D)),
  differentiable('frame', { x: float(8) }, ({ x }) => tf.signal.frame(x as tf.Tensor1D, 4, 2)),
  forwardOnly('stft', { x: float(8) }, ({ x }) => tf.abs(tf.signal.stft(x as tf.Tensor1D, 4, 2))),
  forwardOnly('an empty tensor', { x: float(0, 3) }, ({ x }) => [x!.add(1), x!.sum(0), tf.concat([x!, x!])]),
  forwardOnly('staticRegexReplace', { x: (seed) => tf.tensor1d([`a${seed}`, 'bäa'], 'string') }, ({ x }) =>
    tf.string.staticRegexReplace(x!, 'a', 'c'),
  ),
  forwardOnly('strings', { x: (seed) => tf.tensor2d([[`a${seed}`, '日本']], [1, 2], 'string') }, ({ x }) =>
    tf.concat([x!, tf.tensor2d([['x', '']])], 0),
  ),
];
