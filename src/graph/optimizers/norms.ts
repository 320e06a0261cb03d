import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { tf } from '../../system/tensorflow.ts';
import type { Gradients } from './optimizer.ts';

/** Norms of the same tensors, all taken together and group by group. */
export interface Norms {
  /** scalar */
  all: tf.Scalar;
  /** Scalars, in the order in which the groups first come. */
  byGroup: ReadonlyMap<string, tf.Scalar>;
}

/** @returns scalar: the norm of all tensors taken together */
export function globalNorm(tensors: Gradients): tf.Scalar {
  return tf.tidy(() => fromHalfSquares([...tensors.values()].map(halfSquaredNorm)));
}

/** @param groupOf the group that the tensor of this name belongs to */
export function groupNorms(tensors: Gradients, groupOf: (name: string) => string): Norms {
  const halves = new Map<string, tf.Scalar[]>();
  for (const [name, tensor] of tensors) {
    const half = halfSquaredNorm(tensor);
    const group = groupOf(name);
    if (!halves.get(group)?.push(half)) halves.set(group, [half]);
  }
  return {
    all: fromHalfSquares([...halves.values()].flat()),
    byGroup: new Map([...halves].map(([group, parts]) => [group, fromHalfSquares(parts)])),
  };
}

/**
 * Not by `AddN`, which adds up in the memory of the first input that nobody else needs any more: which one that is depends
 * on the threads where two sums share inputs, and with it the last bit.
 */
function fromHalfSquares(halves: tf.Scalar[]): tf.Scalar {
  return tf.stack(halves).sum().mul(2).sqrt() as tf.Scalar;
}

/** Σx²/2 by TensorFlow's `L2Loss`: one pass, and no tensor of squares. */
function halfSquaredNorm(x: tf.Tensor): tf.Scalar {
  return (tf.backend() as NodeJSKernelBackend).executeSingleInput('L2Loss', x) as tf.Scalar;
}
