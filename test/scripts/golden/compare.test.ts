import { describe, expect, it } from 'vitest';
import { compareTensors, deviationOf } from '../../../scripts/golden/compare.ts';
import { compareAll } from '../../../scripts/golden/compare-all.ts';
import { compareDetections, compareProposals } from '../../../scripts/golden/compare-sets.ts';
import { TENSOR_TOLERANCES } from '../../../scripts/golden/keys.ts';
import { matchBoxes } from '../../../scripts/golden/match-boxes.ts';
import type { HostTensor } from '../../../src/model/safetensors.ts';

const list = (...values: number[]): HostTensor => ({
  shape: [values.length],
  values: Float32Array.from(values),
});
const boxes = (...rows: number[][]) => Float32Array.from(rows.flat());

/** Side by side, none overlaps another. */
const grid = (count: number) =>
  boxes(...Array.from({ length: count }, (_, i) => [i * 20, 0, i * 20 + 10, 10]));

describe('deviationOf', () => {
  it('is over n', () => {
    expect(deviationOf([1, 3])).toBe(1);
  });

  it('is never 0', () => {
    expect([deviationOf([-2, -2]), deviationOf([0, 0]), deviationOf([])]).toEqual([2, 1, 1]);
  });
});

describe('compareTensors', () => {
  // A deviation of 2.
  const stored = list(1, 5);
  const compare = (ours: HostTensor, tolerance = 0.1) => compareTensors('key', { ours, stored }, tolerance);

  it('passes at the tolerance, in deviations, and fails above it', () => {
    const row = compare(list(1, 5.125), 0.0625);
    expect(row).toMatchObject({ difference: 0.125, relative: 0.0625, ok: true });
    expect(compare(list(1, 5.125), 0.0624).ok).toBe(false);
  });

  it('fails when a value of either side is not finite', () => {
    expect(compare(list(1, Number.NaN))).toMatchObject({ ok: false, note: 'own value 1 of 2 is NaN' });
    expect(compare(list(Number.POSITIVE_INFINITY, 5)).ok).toBe(false);
    const nan = list(Number.NaN, Number.NaN);
    expect(compareTensors('key', { ours: nan, stored: nan }, 0.1).ok).toBe(false);
    const infinite = list(1, Number.POSITIVE_INFINITY);
    expect(compareTensors('key', { ours: infinite, stored: infinite }, 0.1).ok).toBe(false);
  });

  it('fails when the shapes differ, also where one is a part of the other', () => {
    expect(compare(list(1)).note).toBe('the file has [2], expected [1]');
    expect(compare({ shape: [2, 1], values: stored.values }).ok).toBe(false);
  });
});

describe('matchBoxes', () => {
  it('gives each box to the one that overlaps it most', () => {
    // IoU with the second: 90 / 110 and 1.
    const ours = boxes([1, 0, 11, 10], [0, 0, 10, 10]);
    const stored = boxes([2, 0, 12, 10], [0, 0, 10, 10]);
    expect(matchBoxes(stored, ours, 0)).toEqual([
      { stored: 0, ours: 0, iou: 90 / 110 },
      { stored: 1, ours: 1, iou: 1 },
    ]);
  });

  it('gives no box twice', () => {
    expect(matchBoxes(boxes([0, 0, 10, 10], [0, 0, 10, 10]), boxes([0, 0, 10, 10]), 0)).toHaveLength(1);
  });

  it('leaves out what overlaps too little, is apart or not finite', () => {
    const box = boxes([0, 0, 10, 10]);
    expect(matchBoxes(box, boxes([1, 0, 11, 10]), 0.9)).toEqual([]);
    expect(matchBoxes(box, boxes([20, 20, 30, 30]), 0)).toEqual([]);
    expect(matchBoxes(box, boxes([0, 0, Number.NaN, 10]), 0)).toEqual([]);
  });
});

describe('compareProposals', () => {
  const stored = grid(400);

  it('passes in any order', () => {
    const reversed = boxes(
      ...Array.from({ length: 400 }, (_, i) => [...stored.subarray(4 * (399 - i), 4 * (400 - i))]),
    );
    expect(compareProposals(stored, reversed)).toMatchObject({
      ok: true,
      difference: 0,
      note: '400 of 400 matched (100.00 %)',
    });
  });

  it('bears 2 of 400 elsewhere, not 3', () => {
    const moved = (count: number) => stored.map((value, i) => (i < 4 * count ? value + 3 : value));
    expect(compareProposals(stored, moved(2)).ok).toBe(true);
    expect(compareProposals(stored, moved(3)).ok).toBe(false);
  });

  it('counts those that are too many as those that are too few', () => {
    expect(compareProposals(stored, grid(403)).ok).toBe(false);
    expect(compareProposals(stored, grid(397)).ok).toBe(false);
  });

  it('fails when one is not finite', () => {
    expect(compareProposals(stored, stored.with(7, Number.NaN)).ok).toBe(false);
  });
});

describe('compareDetections', () => {
  const stored = {
    boxes: grid(2),
    scores: Float32Array.of(0.9, 0.8),
    labels: Float32Array.of(1, 1),
  };
  const verdicts = (ours: Partial<typeof stored>) =>
    compareDetections(stored, { ...stored, ...ours }, 0.05).map(({ ok }) => ok);

  it('passes for the same ones in another order', () => {
    const ours = { boxes: boxes([20, 0, 30, 10], [0, 0, 10, 10]), scores: Float32Array.of(0.8, 0.9) };
    expect(verdicts(ours)).toEqual([true, true, true]);
  });

  it('fails for a box that is off, a score, a label', () => {
    expect(verdicts({ boxes: boxes([0, 0, 10, 10], [20, 0, 30.02, 10]) })).toEqual([false, false, false]);
    expect(verdicts({ scores: Float32Array.of(0.9, 0.8015) })).toEqual([true, false, true]);
    expect(verdicts({ labels: Float32Array.of(1, 2) })).toEqual([true, true, false]);
  });

  it('bears a box that is off by less than a thousandth of its area, and a score by less than 0.001', () => {
    const nearly = {
      boxes: boxes([0, 0, 10, 10], [20, 0, 30.005, 10]),
      scores: Float32Array.of(0.9, 0.8005),
    };
    expect(verdicts(nearly)).toEqual([true, true, true]);
  });

  it('fails for one more than there should be, unless it is as weak as those that are not put out', () => {
    const more = (score: number) => ({
      boxes: grid(3),
      scores: Float32Array.of(0.9, 0.8, score),
      labels: Float32Array.of(1, 1, 1),
    });
    expect(verdicts(more(0.3))).toEqual([false, true, true]);
    expect(verdicts(more(0.0505))).toEqual([true, true, true]);
  });

  it('fails when ours are none, or a value is not finite', () => {
    const none = { boxes: grid(0), scores: new Float32Array(), labels: new Float32Array() };
    expect(verdicts(none)).toEqual([false, false, false]);
    expect(verdicts({ scores: Float32Array.of(0.9, Number.NaN) })).toEqual([false, false, false]);
  });
});

describe('compareAll', () => {
  const detections = { boxes: grid(1), scores: Float32Array.of(0.9), labels: Float32Array.of(1) };
  const tensors = new Map([...TENSOR_TOLERANCES.keys()].map((key) => [key, list(0.25, 2, -1)]));
  const ours = { tensors, proposals: grid(3), detections };
  const file = new Map([
    ...tensors,
    ['image', { shape: [3, 1, 1], values: new Float32Array(3) }],
    ['proposals', { shape: [3, 4], values: grid(3) }],
    ['det.boxes', { shape: [1, 4], values: grid(1) }],
    ['det.scores', list(0.9)],
    ['det.labels', list(1)],
  ]);
  const faults = (stored: Map<string, HostTensor>, own = ours) =>
    compareAll(stored, own, 0.05)
      .filter(({ ok }) => !ok)
      .map(({ key, note }) => `${key}: ${note}`);
  const without = (key: string) => new Map([...file].filter(([name]) => name !== key));

  it('has a row for each key but the image, and passes', () => {
    const keys = compareAll(file, ours, 0.05).map(({ key }) => key);
    expect(new Set(['image', ...keys])).toEqual(new Set(file.keys()));
    expect(keys).toHaveLength(file.size - 1);
    expect(faults(file)).toEqual([]);
  });

  it.each([...file.keys()].filter((key) => key !== 'image'))('fails without %s', (key) => {
    expect(faults(without(key))).toContain(`${key}: the file lacks it`);
  });

  it('fails for a key that nothing checks', () => {
    expect(faults(new Map([...file, ['fpn.4.slice', list(1)]]))).toEqual([
      'fpn.4.slice: nothing is known to hold it against',
    ]);
  });

  it('takes the deviation, not the deviation of mean and deviation, for the measure', () => {
    const meanStd = (mean: number) => new Map([...tensors, ['body.0.mean_std', list(mean, 0.5)]]);
    const stored = new Map([...file, ...meanStd(100)]);
    // 0.00048 / 0.5 and 0.0006 / 0.5; over 49.75, the deviation of 100 and 0.5, both would pass.
    expect(faults(stored, { ...ours, tensors: meanStd(100.00048) })).toEqual([]);
    expect(faults(stored, { ...ours, tensors: meanStd(100.0006) })).toEqual(['body.0.mean_std: ']);
  });

  it('fails for a deviation below 0, by which any difference would be small', () => {
    const stored = new Map([...file, ['body.0.mean_std', list(7, -0.001)]]);
    expect(faults(stored)).toEqual([
      expect.stringMatching(/^body\.0\.mean_std: the file's deviation is -0\.001/),
    ]);
  });

  it.each(['proposals', 'det.boxes', 'det.scores', 'det.labels'])(
    'fails for %s of another shape, or not finite',
    (key) => {
      const { shape, values } = file.get(key)!;
      expect(faults(new Map([...file, [key, { shape: [...shape, 1], values }]])).join()).toContain(
        `${key}: the file has`,
      );
      expect(
        faults(new Map([...file, [key, { shape, values: values.with(0, Number.NaN) }]])).join(),
      ).toContain(`${key}: stored value 0`);
    },
  );

  it('fails for what was not computed for want of boxes', () => {
    const some = new Map([...tensors].filter(([key]) => key !== 'box.deltas'));
    expect(faults(file, { ...ours, tensors: some })[0]).toMatch(/^box.deltas: not computed/);
  });
});
