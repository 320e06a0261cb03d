import { expect } from 'vitest';
import { tf } from '../../src/system/tensorflow.ts';

/** Nested lists of numbers, or one number. */
export type Nested = number | readonly Nested[];

/** Row-major values of nested lists. */
function flatten(values: Nested): number[] {
  return typeof values === 'number' ? [values] : values.flatMap(flatten);
}

/**
 * Fails with the largest difference and where it is.
 * @param tolerance of |actual − expected| against `absolute + relative · |expected|`
 */
export function expectClose(
  actual: tf.Tensor | ArrayLike<number>,
  expected: Nested | ArrayLike<number>,
  tolerance: { absolute: number; relative: number } = { absolute: 1e-5, relative: 1e-5 },
): void {
  const got = actual instanceof tf.Tensor ? actual.dataSync() : actual;
  const want =
    Array.isArray(expected) || typeof expected === 'number'
      ? flatten(expected as Nested)
      : Array.from(expected as ArrayLike<number>);
  expect(got.length, 'number of values').toBe(want.length);
  let worst = { excess: Number.NEGATIVE_INFINITY, index: -1 };
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs(got[i]! - want[i]!);
    const excess = Number.isNaN(difference)
      ? Number.POSITIVE_INFINITY
      : difference - tolerance.absolute - tolerance.relative * Math.abs(want[i]!);
    if (excess > worst.excess) worst = { excess, index: i };
  }
  if (worst.excess > 0) {
    const { index } = worst;
    throw new Error(
      `at ${index} of ${want.length}: got ${got[index]}, expected ${want[index]} (tolerance exceeded by ${worst.excess})`,
    );
  }
}

/** Fails when `run` leaves tensors behind (those it returns are disposed first). */
export function expectNoLeak(run: () => tf.TensorContainer): void {
  const before = tf.memory().numTensors;
  tf.dispose(run());
  expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
}

/**
 * Compares the gradient of Σ f(x)·w, with fixed w, against central differences in every input value. The differences are
 * summed in float64: what is left are the curvature, stepSize²/6 of the third derivative, and f's own rounding, about
 * 1e-7·|f| / stepSize; both are below 1e-4 for values around 1.
 */
export function expectGradient(
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  tolerance: { absolute: number; relative: number } = { absolute: 5e-4, relative: 2e-3 },
  stepSize = 1e-2,
): void {
  const valuesAt = (at: Float32Array): number[] => tf.tidy(() => [...f(tf.tensor(at, x.shape)).dataSync()]);
  const values = x.dataSync() as Float32Array;
  const analytic = tf.tidy(() => {
    const objective = (at: tf.Tensor) => {
      const y = f(at);
      return y.mul(tf.tensor(Float32Array.from({ length: y.size }, weightAt), y.shape)).sum() as tf.Scalar;
    };
    return tf.grad(objective)(x).dataSync();
  });
  const numeric = Array.from(values, (value, i) => {
    const [above, below] = [value + stepSize, value - stepSize].map((at) => valuesAt(values.with(i, at)));
    return above!.reduce((sum, y, j) => sum + weightAt(y, j) * (y - below![j]!), 0) / (2 * stepSize);
  });
  expectClose(analytic, numeric, tolerance);
}

function weightAt(_: unknown, index: number): number {
  return Math.sin(index * 1.7 + 0.3);
}

/** Seeded values in [low, high). */
export function uniformTensor<R extends tf.Rank>(
  shape: tf.ShapeMap[R],
  seed: number,
  low = -1,
  high = 1,
): tf.Tensor<R> {
  return tf.randomUniform<R>(shape, low, high, 'float32', seed);
}
