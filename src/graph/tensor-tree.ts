/**
 * Inputs and outputs of a compiled function: nested records of tensors, flattened to paths such as `batch/images`.
 */
import type { tf } from '../system/tensorflow.ts';

/** Nested records of tensors. */
export interface TensorTree {
  readonly [name: string]: tf.Tensor | TensorTree;
}

/** A path and the tensor there. */
export type TensorLeaf = readonly [path: string, tensor: tf.Tensor];

/** All tensors of a tree, in the order in which the records list them. An empty tree has none. */
export function flattenTree(tree: TensorTree, prefix = ''): TensorLeaf[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    return isTensor(value) ? [[path, value] as const] : flattenTree(value, `${path}/`);
  });
}

/** Puts tensors back at their paths: the inverse of `flattenTree`. */
export function unflattenTree(leaves: readonly TensorLeaf[]): TensorTree {
  const root: Branch = {};
  for (const [path, tensor] of leaves) {
    const names = path.split('/');
    const last = names.pop()!;
    let branch = root;
    for (const name of names) {
      branch[name] ??= {};
      branch = branch[name] as Branch;
    }
    branch[last] = tensor;
  }
  return root;
}

interface Branch {
  [name: string]: tf.Tensor | Branch;
}

function isTensor(value: tf.Tensor | TensorTree): value is tf.Tensor {
  return 'dataId' in value;
}
