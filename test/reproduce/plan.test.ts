import { describe, expect, it } from 'vitest';
import { planRuns } from '../../src/reproduce/plan.ts';
import { UsageError } from '../../src/system/errors.ts';

const seedsOf = (choice: Parameters<typeof planRuns>[0], first = 17) =>
  planRuns(choice, first, 'runs/reproduce').map(({ seed, again }) => (again ? `${seed} again` : seed));

describe('planRuns', () => {
  it.each([
    [{}, [17, 18, 19]],
    [{ seeds: 2 }, [17, 18]],
    [{ seeds: [5, 3, 100] }, [5, 3, 100]],
    [{ twice: true }, [17, '17 again']],
    [{ seeds: 1, twice: true }, [17, '17 again']],
    [{ seeds: [5, 3], twice: true }, [5, 3, '5 again']],
  ])('%j', (choice, expected) => {
    expect(seedsOf(choice)).toEqual(expected);
  });

  it('gives each run a folder of its own', () => {
    expect(planRuns({ seeds: 2, twice: true }, 17, 'a/b').map(({ folder }) => folder)).toEqual([
      'a/b/seed-17',
      'a/b/seed-18',
      'a/b/seed-17-again',
    ]);
  });

  it('goes up to the largest seed and not beyond', () => {
    expect(seedsOf({ seeds: 2 }, 2 ** 31 - 2)).toEqual([2 ** 31 - 2, 2 ** 31 - 1]);
    expect(() => seedsOf({ seeds: 2 }, 2 ** 31 - 1)).toThrow(UsageError);
  });

  it('refuses one seed alone', () => {
    expect(() => seedsOf({ seeds: 1 })).toThrow('--seeds must give two seeds or more');
  });
});
