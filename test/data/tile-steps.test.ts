import { describe, expect, it } from 'vitest';
import { mostFrequent, stepOf } from '../../src/data/tile-steps.ts';

const step = (...scenes: number[][]) =>
  stepOf(
    scenes.flatMap((values, i) => values.map((value) => ({ scene: `${i}`, start: [value, 0] as const }))),
    0,
  );

describe('stepOf', () => {
  it.each<[string, number[][], number | null]>([
    ['a grid, in any order', [[1024, 0, 512, 512]], 512],
    ['a last tile moved to fit', [[0, 512, 522]], 512],
    ['a grid with gaps', [[0, 512, 1024, 2560, 3584, 6144]], 512], // 1 2 of 5, but all are multiples
    ['differences within scenes only', [[0, 512], [7]], 512],
    [
      'differences of all scenes',
      [
        [0, 512],
        [1, 513],
        [9, 12],
      ],
      512,
    ],
    ['no grid', [[0, 100, 730, 1500, 2222]], null],
    ['more than half of the differences even', [[0, 2, 4, 6, 10, 11, 14, 19]], null], // 2 2 2 4 1 3 5
    ['one value', [[5, 5], [7]], null],
    ['no tiles', [], null],
  ])('finds the step of %s', (_, scenes, expected) => {
    expect(step(...scenes)).toBe(expected);
  });
});

describe('mostFrequent', () => {
  it('prefers the larger of equally frequent ones', () => {
    expect(mostFrequent([3, 9, 9, 3, 4])).toEqual({ value: 9, count: 2 });
  });
  it('has none of nothing', () => {
    expect(mostFrequent([])).toBeNull();
  });
});
