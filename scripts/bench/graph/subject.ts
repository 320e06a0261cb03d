import type { TensorTree } from '../../../src/graph/tensor-tree.ts';
import type { tf } from '../../../src/system/tensorflow.ts';

/** A training step to be measured, in each of its forms. */
export interface Subject {
  /** Forward, backward and update: ordinary tfjs code. Has the scalar `loss` among its outputs. */
  step: (inputs: TensorTree) => TensorTree;
  /** Copies the inputs of a step to the device; the caller disposes them. @param step 1 for the first */
  inputs: (step: number) => TensorTree;
  /** Every variable that the step reads or changes, by name. */
  variables: ReadonlyMap<string, tf.Variable>;
  /** Tensors from outside that never change. */
  constants: readonly tf.Tensor[];
  /** Values in all trainable weights. */
  parameters: number;
}

export const NETWORKS = ['prototype', 'own-model'] as const;
export type Network = (typeof NETWORKS)[number];

/** Sum of the sizes of tensors. */
export function countValues(variables: ReadonlyMap<string, tf.Variable>): number {
  return [...variables.values()].reduce((sum, { size }) => sum + size, 0);
}
