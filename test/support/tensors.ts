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
 * Compares the gradient of Σ f(x)·w, with fixed w, against central differences in every input value.
 * float32: steps of 1e-2 keep rounding and curvature errors at about 1e-3 for values around 1.
 */
export function expectGradient(
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  tolerance: { absolute: number; relative: number } = { absolute: 5e-3, relative: 2e-2 },
  stepSize = 1e-2,
): void {
  const weights = tf.tidy(() => {
    const y = f(x);
    return tf.tensor(
      Float32Array.from({ length: y.size }, (_, i) => Math.sin(i * 1.7 + 0.3)),
      y.shape,
    );
  });
  const objective = (at: tf.Tensor) => f(at).mul(weights).sum() as tf.Scalar;
  const analytic = tf.tidy(() => tf.grad(objective)(x).dataSync());
  const values = x.dataSync();
  const numeric = Array.from(values, (_, i) => {
    const shifted = (delta: number) => {
      const moved = Float32Array.from(values);
      moved[i]! += delta;
      return tf.tidy(() => objective(tf.tensor(moved, x.shape)).dataSync()[0]!);
    };
    return (shifted(stepSize) - shifted(-stepSize)) / (2 * stepSize);
  });
  weights.dispose();
  expectClose(analytic, numeric, tolerance);
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
