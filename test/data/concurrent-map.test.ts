import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { concurrentMap } from '../../src/data/concurrent-map.ts';

describe('concurrentMap', () => {
  it('keeps the order of the items and the limit', async () => {
    let running = 0;
    let most = 0;
    const results = await concurrentMap([5, 1, 4, 2, 3], 2, async (item, index) => {
      most = Math.max(most, ++running);
      await sleep(item);
      running--;
      return `${index}:${item}`;
    });
    expect(results).toEqual(['0:5', '1:1', '2:4', '3:2', '4:3']);
    expect(most).toBe(2);
  });

  it('gives an empty list for an empty list', async () => {
    expect(await concurrentMap([], 3, async () => 1)).toEqual([]);
  });

  it('throws the first error when the calls under way have ended, and starts no more', async () => {
    const ended: number[] = [];
    const failure = concurrentMap([1, 2, 3, 4], 2, async (item) => {
      await sleep(item * 3);
      ended.push(item);
      if (item === 1) throw new Error('first');
    });
    await expect(failure).rejects.toThrow('first');
    expect(ended).toEqual([1, 2]);
  });
});
