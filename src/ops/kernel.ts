/**
 * TensorFlow kernels that tfjs does not offer by name, called as tfjs-node calls its own.
 * They carry no gradient: wrap them in `tf.customGrad` where one is needed.
 */
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import type { TFEOpAttr } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { tf } from '../system/tensorflow.ts';

/** TensorFlow's DataType numbers (tensorflow/core/framework/types.proto) of the types used here. */
export const DT_FLOAT = 1;
export const DT_INT32 = 3;

/** An attribute of a kernel: a data type, a whole number or a list of them, a float, a flag or a string. */
export type KernelAttribute =
  | { type: number }
  | { int: number }
  | { ints: readonly number[] }
  | { float: number }
  | { bool: boolean }
  | { string: string };

/**
 * Runs a TensorFlow op with several outputs.
 * @param outputs how many
 */
export function runKernelMulti(
  op: string,
  inputs: readonly tf.Tensor[],
  attributes: Readonly<Record<string, KernelAttribute>>,
  outputs: number,
): tf.Tensor[] {
  return nodeBackend().executeMultipleOutputs(op, toOpAttrs(attributes), [...inputs], outputs);
}

/**
 * Runs a TensorFlow op with one output.
 * @param op its name as in TensorFlow's op registry, e.g. `ReluGrad`
 */
export function runKernel<R extends tf.Rank>(
  op: string,
  inputs: readonly tf.Tensor[],
  attributes: Readonly<Record<string, KernelAttribute>>,
): tf.Tensor<R> {
  return nodeBackend().executeSingleOutput(op, toOpAttrs(attributes), [...inputs]) as tf.Tensor<R>;
}

function nodeBackend(): NodeJSKernelBackend {
  return tf.backend() as NodeJSKernelBackend;
}

function toOpAttrs(attributes: Readonly<Record<string, KernelAttribute>>): TFEOpAttr[] {
  const { binding } = nodeBackend();
  return Object.entries(attributes).map(([name, value]) => {
    if ('type' in value) return { name, type: binding.TF_ATTR_TYPE, value: value.type };
    if ('int' in value) return { name, type: binding.TF_ATTR_INT, value: value.int };
    if ('ints' in value) return { name, type: binding.TF_ATTR_INT, value: [...value.ints] };
    if ('float' in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float };
    if ('bool' in value) return { name, type: binding.TF_ATTR_BOOL, value: value.bool };
    return { name, type: binding.TF_ATTR_STRING, value: value.string };
  });
}
