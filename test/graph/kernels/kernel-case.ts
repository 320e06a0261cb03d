import { tf } from '../../../src/system/tensorflow.ts';
import { uniformTensor } from '../../support/tensors.ts';

/** An input of a case: values differ from seed to seed, shape and type do not. */
export type InputSpec = (seed: number) => tf.Tensor;

/** Tensors by name. */
export type Inputs = Record<string, tf.Tensor>;

/** A public function of tfjs, called in a way that reaches a kernel. */
export interface KernelCase {
  name: string;
  inputs: Record<string, InputSpec>;
  fn: (inputs: Inputs) => tf.Tensor | tf.Tensor[];
  /** false where tfjs has no gradient. */
  gradient: boolean;
}

/** @returns floats in [-1, 1) */
export function float(...shape: number[]): InputSpec {
  return (seed) => uniformTensor(shape, seed);
}

/** @returns floats in [0.2, 0.9), where every function of one number is smooth */
export function inner(...shape: number[]): InputSpec {
  return (seed) => uniformTensor(shape, seed, 0.2, 0.9);
}

/** @returns floats in [1.1, 3) */
export function large(...shape: number[]): InputSpec {
  return (seed) => uniformTensor(shape, seed, 1.1, 3);
}

/** @returns int32 in [0, end) */
export function int(end: number, ...shape: number[]): InputSpec {
  return (seed) => tf.tidy(() => uniformTensor(shape, seed, 0, end).floor().cast('int32'));
}

export function bool(...shape: number[]): InputSpec {
  return (seed) => tf.tidy(() => uniformTensor(shape, seed).greater(0));
}

/** @returns boxes [n, 4] with y1 < y2 and x1 < x2, in [0, 1) */
export function boxes(n: number): InputSpec {
  return (seed) =>
    tf.tidy(() => {
      const first = uniformTensor<tf.Rank.R2>([n, 2], seed, 0, 0.4);
      return tf.concat([first, first.add(uniformTensor([n, 2], seed + 1, 0.2, 0.5))], 1);
    });
}

/** @returns a case with a gradient */
export function differentiable(name: string, inputs: KernelCase['inputs'], fn: KernelCase['fn']): KernelCase {
  return { name, inputs, fn, gradient: true };
}

/** @returns a case without */
export function forwardOnly(name: string, inputs: KernelCase['inputs'], fn: KernelCase['fn']): KernelCase {
  return { name, inputs, fn, gradient: false };
}
