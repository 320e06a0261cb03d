/**
 * Directional derivatives of a loss: by its gradient, and by differences of its values.
 *
 * What limits the differences is not only float32, which knows the loss to about 1e-7, but kinks: a ReLU that switches between
 * the two ends of a step, another element that becomes a maximum. No step is free of them in a network of thousands. So the
 * loss is also followed on the branches that the network takes at the weights themselves: it is the same function around
 * them, with the same gradient, but smooth.
 */
import { createRandom } from '../../src/system/random.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { countSwitched } from './branches.ts';
import { differenceQuotient, type Quotient } from './difference-quotient.ts';
import type { FixedLoss } from './fixed-loss.ts';

/** One group of weights. */
export interface DirectionalRow {
  group: string;
  /** Numbers in them. */
  weights: number;
  /** Names of tensors whose gradient is 0 in every element. */
  withoutGradient: string[];
  /** Gradient · direction. */
  analytic: number;
  /** By differences of the loss on the branches that it takes at the weights themselves. */
  smooth: Difference;
  /** By differences of the loss as it is. */
  free: Difference;
  /** Places where the network branches differently at the two ends of the step of `free`. */
  kinks: number;
}

/** A difference quotient against the gradient. */
export interface Difference extends Quotient {
  /** |analytic − value| / |value| */
  relativeError: number;
}

/** Groups of weights by their names; the last group has no ReLU behind it. */
const GROUPS: readonly [string, RegExp][] = [
  ['backbone', /^backbone\./],
  ['fpn', /^fpn\./],
  ['rpn', /^rpn\./],
  ['box', /^box\./],
  ['mask', /^mask\./],
  ['last layers', /\.(logits|classLogits|boxDeltas)\./],
];

/** In lengths of the group's weights: from where curvature prevails to where rounding does. */
const FIRST_STEP = 2 ** -4;
const STEPS = 11;
/** Directions to choose from. */
const DRAWS = 8;

/** @param seed of the directions */
export function directionalRows(loss: FixedLoss, seed: number): DirectionalRow[] {
  const gradients = loss.gradients();
  try {
    return GROUPS.map(([group, names]) => {
      const members = [...loss.variables].filter(([name]) => names.test(name)).map(([name]) => name);
      return rowOf(group, members, { loss, gradients, seed });
    });
  } finally {
    tf.dispose([...gradients.values()]);
  }
}

interface Context {
  loss: FixedLoss;
  gradients: ReadonlyMap<string, tf.Tensor>;
  seed: number;
}

function rowOf(group: string, names: readonly string[], { loss, gradients, seed }: Context): DirectionalRow {
  const slopes = names.map((name) => gradients.get(name)!.dataSync() as Float32Array);
  const direction = randomDirection(slopes, seed, group);
  const variables = names.map((name) => loss.variables.get(name)!);
  const weights = variables.reduce((sum, { size }) => sum + size, 0);
  const analytic = dot(slopes, direction);
  const branches = loss.branches();
  const line = createLine(variables, direction);
  const against = (at: (distance: number) => number): Difference => {
    const steps = { first: FIRST_STEP * line.length, count: STEPS };
    const quotient = differenceQuotient(at, steps);
    return { ...quotient, relativeError: Math.abs(analytic / quotient.value - 1) };
  };
  try {
    const free = against((distance) => line.at(distance, () => loss.value()));
    const smooth = against((distance) => line.at(distance, () => loss.value(branches)));
    return {
      group,
      weights,
      withoutGradient: names.filter((_, i) => slopes[i]!.every((slope) => slope === 0)),
      analytic,
      smooth,
      free,
      kinks: countKinks(loss, line, free.step),
    };
  } finally {
    line.dispose();
    tf.dispose([...branches]);
  }
}

/**
 * Of unit length, every element as long as any other, with random signs. Of a few such directions, the one that sees most of
 * the gradient: one that lies across it says little.
 */
function randomDirection(slopes: readonly Float32Array[], seed: number, stream: string): Float32Array[] {
  const random = createRandom(seed, 'direction', stream);
  const length = 1 / Math.sqrt(slopes.reduce((sum, part) => sum + part.length, 0));
  const drawn = Array.from({ length: DRAWS }, () => {
    const direction = slopes.map((part) => part.map(() => (random.next() < 0.5 ? -length : length)));
    return { direction, slope: Math.abs(dot(slopes, direction)) };
  });
  return drawn.reduce((best, other) => (other.slope > best.slope ? other : best)).direction;
}

/** Σ a·b in float64. */
function dot(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let sum = 0;
  a.forEach((part, i) => {
    const other = b[i]!;
    for (let j = 0; j < part.length; j++) sum += part[j]! * other[j]!;
  });
  return sum;
}

/** Moves variables along a direction, and at the end back to where they were. */
function createLine(variables: readonly tf.Variable[], direction: readonly Float32Array[]) {
  const starts = variables.map((variable) => variable.clone());
  const ways = variables.map(({ shape }, i) => tf.tensor(direction[i]!, shape));
  const moveTo = (distance: number) =>
    variables.forEach((variable, i) => {
      tf.tidy(() => variable.assign(starts[i]!.add(ways[i]!.mul(distance))));
    });
  return {
    /** Of the vector of all variables at the beginning. */
    length: Math.hypot(...starts.map((start) => tf.tidy(() => start.norm().dataSync()[0]!))),
    at: <T>(distance: number, look: () => T): T => {
      moveTo(distance);
      return look();
    },
    dispose: () => {
      moveTo(0);
      tf.dispose([...starts, ...ways]);
    },
  };
}

function countKinks(loss: FixedLoss, line: ReturnType<typeof createLine>, step: number): number {
  const ends = [line.at(-step, loss.branches), line.at(step, loss.branches)] as const;
  const count = countSwitched(...ends);
  tf.dispose(ends.flat());
  return count;
}
