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

/** Names become names of nodes in the graph, where `/` divides. */
const NAME = /^[A-Za-z0-9._>-]+$/;

/**
 * @param what `train/inputs`, for the message
 * @throws TypeError that names the place where `value` is no record of tensors, or has a name that a graph cannot hold
 */
export function assertTensorTree(value: unknown, what: string): asserts value is TensorTree {
  if (!isRecord(value)) throw new TypeError(`${what}: expected a record of tensors, got ${kindOf(value)}`);
  for (const [name, inner] of Object.entries(value)) {
    if (!NAME.test(name)) {
      throw new TypeError(`${what}: the name "${name}" may only hold letters, digits and . _ > -`);
    }
    if (!isTensor(inner)) assertTensorTree(inner, `${what}/${name}`);
  }
}

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

function isTensor(value: unknown): value is tf.Tensor {
  return typeof value === 'object' && value !== null && 'dataId' in value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isTensor(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return isTensor(value) ? 'a tensor' : `${value === null ? 'null' : typeof value}`;
}
