/** A derivative by finite differences. */
export interface Quotient {
  value: number;
  /** Its own error, about: how far neighbouring estimates lie apart, and what rounding makes of the smallest step. */
  uncertainty: number;
  /** The step of the middle one of those estimates. */
  step: number;
}

/** Steps from the first on, each half of the one before. */
export interface Steps {
  first: number;
  count: number;
}

/** Neighbouring estimates that must agree. */
const WINDOW = 3;
/** Of a value in float32, relative. */
const ROUNDING = 2 ** -24;

/**
 * f′(0) by central differences, plain and extrapolated once (Richardson 1911: the error in h² cancels between h and h/2).
 * Large steps err by f's curvature and kinks, small ones by its rounding; where both are small, neighbouring estimates agree
 * best, and there the value is taken. (Ridders 1982 chooses alike.)
 * @param f of a distance; its values come from sums in float32
 * @throws RangeError when there are fewer than 3 steps
 */
export function differenceQuotient(f: (distance: number) => number, { first, count }: Steps): Quotient {
  if (count < WINDOW)
    throw new RangeError(`differenceQuotient: expected ${WINDOW} steps or more, got ${count}`);
  const rounding = ROUNDING * Math.abs(f(0));
  const steps = Array.from({ length: count }, (_, k) => first / 2 ** k);
  const plain = steps.map((h) => ({ h, value: (f(h) - f(-h)) / (2 * h) }));
  const extrapolated = plain
    .slice(1)
    .map(({ h, value }, k) => ({ h, value: (4 * value - plain[k]!.value) / 3 }));
  const windows = [plain, extrapolated].flatMap((estimates) => windowsOf(estimates, rounding));
  return windows.reduce((best, window) => (window.uncertainty < best.uncertainty ? window : best));
}

function windowsOf(estimates: readonly { h: number; value: number }[], rounding: number): Quotient[] {
  return estimates.slice(WINDOW - 1).map(({ h: smallest }, k) => {
    const near = estimates.slice(k, k + WINDOW).map(({ value }) => value);
    return {
      value: near.reduce((sum, value) => sum + value) / WINDOW,
      uncertainty: Math.max(...near) - Math.min(...near) + rounding / smallest,
      step: 2 * smallest,
    };
  });
}
