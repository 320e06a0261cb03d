/** The largest absolute difference of numbers, over all keys of `expected`; infinite where only one is null or missing. */
export function largestDifference(
  actual: unknown,
  expected: unknown,
  path = '',
): { difference: number; path: string } {
  if (expected !== null && typeof expected === 'object') {
    return Object.entries(expected)
      .map(([key, value]) =>
        largestDifference((actual as Record<string, unknown> | undefined)?.[key], value, `${path}.${key}`),
      )
      .reduce((worst, next) => (next.difference > worst.difference ? next : worst), { difference: 0, path });
  }
  if (typeof expected === 'number' && typeof actual === 'number' && !Number.isNaN(actual)) {
    return { difference: Math.abs(actual - expected), path };
  }
  return { difference: actual === expected ? 0 : Infinity, path };
}
