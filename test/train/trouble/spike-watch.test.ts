import { describe, expect, it } from 'vitest';
import { createSpikeWatch } from '../../../src/train/trouble/spike-watch.ts';

/** 1 to `count`, small ones first. */
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('createSpikeWatch', () => {
  it('tells a loss above so many times the median', () => {
    // The median of 1 to 21 is 11.
    expect(createSpikeWatch(3, upTo(21)).check(33.5)).toEqual({ median: 11 });
    expect(createSpikeWatch(3, upTo(21)).check(33)).toBe(null);
    // Of 1 to 20 it is 10.5.
    expect(createSpikeWatch(2, upTo(20)).check(21.01)).toEqual({ median: 10.5 });
    expect(createSpikeWatch(2, upTo(20)).check(21)).toBe(null);
  });
  it('takes the median of the last 100, without the loss itself', () => {
    const watch = createSpikeWatch(3, [...Array<number>(50).fill(1000), ...Array<number>(51).fill(1)]);
    // Of 49 times 1000 and 51 times 1.
    expect(watch.check(4)).toEqual({ median: 1 });
    expect(watch.recent).toHaveLength(100);
    expect(watch.recent.filter((loss) => loss === 1000)).toHaveLength(48);
    expect(watch.recent.at(-1)).toBe(4);
  });
  it('waits for 20 losses: the first few fall fast', () => {
    const watch = createSpikeWatch(3);
    const seen = [...Array<number>(19).fill(1), 100].map((loss) => watch.check(loss));
    expect(seen.every((spike) => spike === null)).toBe(true);
    expect(watch.check(1)).toBe(null);
    expect(watch.check(100)).toEqual({ median: 1 });
  });
  it('tells a spike once, however long it lasts, and the next one again', () => {
    const watch = createSpikeWatch(3, Array<number>(40).fill(1));
    expect([10, 9, 8, 1, 10].map((loss) => watch.check(loss)?.median ?? null)).toEqual([
      1,
      null,
      null,
      null,
      1,
    ]);
  });
  it('gets used to a loss that stays high', () => {
    const watch = createSpikeWatch(3, Array<number>(100).fill(1));
    for (let i = 0; i < 60; i++) watch.check(10);
    watch.check(1);
    expect(watch.check(20)).toBe(null);
    expect(watch.check(1)).toBe(null);
    expect(watch.check(31)).toEqual({ median: 10 });
  });
  it('passes over what is not finite, which is told elsewhere', () => {
    const watch = createSpikeWatch(3, upTo(21));
    expect(watch.check(Number.NaN)).toBe(null);
    expect(watch.check(Number.POSITIVE_INFINITY)).toBe(null);
    expect(watch.recent).toEqual(upTo(21));
    expect(watch.check(34)).toEqual({ median: 11 });
  });
  it('goes on from `recent` as the watch that it is of, also by way of JSON', () => {
    const losses = [...upTo(30), 200, 190, 5, 300, 6];
    const whole = createSpikeWatch(3);
    const expected = losses.map((loss) => whole.check(loss));
    expect(expected.filter(Boolean)).toHaveLength(2);
    for (let cut = 0; cut <= losses.length; cut++) {
      const first = createSpikeWatch(3);
      const before = losses.slice(0, cut).map((loss) => first.check(loss));
      const second = createSpikeWatch(3, JSON.parse(JSON.stringify(first.recent)));
      expect([...before, ...losses.slice(cut).map((loss) => second.check(loss))]).toEqual(expected);
    }
  });
  it('tells nothing without a factor, but remembers', () => {
    const watch = createSpikeWatch(null, upTo(21));
    expect(watch.check(1e6)).toBe(null);
    expect(watch.recent.at(-1)).toBe(1e6);
  });
  it('keeps its own losses', () => {
    const given = upTo(21);
    const watch = createSpikeWatch(3, given);
    watch.check(5);
    expect(given).toHaveLength(21);
    const { recent } = watch;
    watch.check(6);
    expect(recent).toHaveLength(22);
  });
});
