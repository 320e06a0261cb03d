import { describe, expect, it } from 'vitest';
import {
  createEstimate,
  createProgressText,
  formatDuration,
  type ProgressState,
} from '../../src/train/progress-text.ts';

const state = (more: Partial<ProgressState> = {}): ProgressState => ({
  epoch: 2,
  phase: null,
  loss: 0.81249,
  imagesPerSecond: 10,
  ...more,
});
const estimate = (leftMs: number | null = 90_000) => ({ share: 0.5, leftMs });

describe('createProgressText', () => {
  it('says where the run is, how fast it is and how long it will take', () => {
    const text = createProgressText(400, 8);
    expect(text(60, state(), estimate())).toBe(
      'epoch 2/8 · step 60/400 · loss 0.812 · 10.0 images/s · 2 min left',
    );
    const full = text(61, state({ phase: 'fine-tune', memoryBytes: 1.5 * 2 ** 30 }), estimate(null));
    expect(full).toBe(
      'fine-tune · epoch 2/8 · step 61/400 · loss 0.812 · 10.0 images/s · 1.5 GiB · time left unknown',
    );
  });

  it('tells of waiting for data where that takes more than a tenth of the time', () => {
    const told = (data: number) =>
      createProgressText(4, 1)(1, state({ seconds: { data, step: 1 } }), estimate());
    expect(told(0.1)).not.toContain('waiting');
    expect(told(0.25)).toContain('images/s · 20 % waiting for data');
  });

  it('does not let one update decide what it says of the last ones', () => {
    const text = createProgressText(4, 1);
    text(1, state({ imagesPerSecond: 10, seconds: { data: 0, step: 1 } }), estimate());
    const next = text(2, state({ imagesPerSecond: 20, seconds: { data: 5, step: 1 } }), estimate());
    expect(next).toContain('11.0 images/s · 33 % waiting for data');
  });

  it('leaves out what has no room: what is needed least first', () => {
    const all = state({ phase: 'freeze', seconds: { data: 1, step: 1 }, memoryBytes: 2 ** 30 });
    const told = (columns: number) => createProgressText(400, 8)(60, all, estimate(), columns);
    const whole =
      'freeze · epoch 2/8 · step 60/400 · loss 0.812 · 10.0 images/s · 50 % waiting for data · 1.0 GiB';
    expect(told(200)).toBe(`${whole} · 2 min left`);
    expect(told(whole.length + 13)).toBe(`${whole} · 2 min left`);
    expect(told(whole.length + 12)).toBe(`${whole.replace(' · 1.0 GiB', '')} · 2 min left`);
    expect(told(73)).toBe('epoch 2/8 · step 60/400 · loss 0.812 · 50 % waiting for data · 2 min left');
    expect(told(72)).toBe('epoch 2/8 · step 60/400 · loss 0.812 · 10.0 images/s · 2 min left');
    // Something short may have room where something more needed has none.
    expect(told(61)).toBe('freeze · epoch 2/8 · step 60/400 · loss 0.812 · 2 min left');
    expect(told(37)).toBe('step 60/400 · loss 0.812 · 2 min left');
    expect(told(10)).toBe('loss 0.812');
  });
});

describe('createEstimate', () => {
  /** A run whose clock the test sets. */
  function run(totalSteps: number, limitMs = Infinity) {
    let ms = 0;
    const estimated = createEstimate({ totalSteps, limitLeftMs: () => limitMs - ms, nowMs: () => ms });
    return (atMs: number, step: number) => {
      ms = atMs;
      return estimated(step);
    };
  }

  it('projects the pace since the first update on the steps to come', () => {
    const at = run(11);
    expect(at(5000, 1)).toEqual({ share: 1 / 11, leftMs: null });
    const half = at(10_000, 6);
    expect(half.leftMs).toBe(5000);
    expect(half.share).toBeCloseTo(6 / 11, 10);
    expect(at(15_000, 11)).toEqual({ share: 1, leftMs: 0 });
  });

  it('counts the steps of this process alone after a resume', () => {
    const at = run(100);
    at(0, 51);
    expect(at(1000, 52).leftMs).toBe(48_000);
    expect(at(1000, 52).share).toBeCloseTo(0.52, 10);
  });

  it('ends with train.max_minutes where that comes first', () => {
    const at = run(1001, 60_000);
    expect(at(0, 1)).toEqual({ share: 1 / 1001, leftMs: 60_000 });
    expect(at(30_000, 11).leftMs).toBe(30_000);
    expect(at(30_000, 11).share).toBeCloseTo(0.5, 2);
    // The last step takes as long as it takes.
    expect(at(61_000, 21)).toEqual({ share: 1, leftMs: 0 });
    expect(run(11, 60_000)(0, 1).leftMs).toBe(60_000);
    const short = run(11, 60_000);
    short(0, 1);
    expect(short(1000, 2).leftMs).toBe(9000);
  });

  it('knows that a run of one step has nothing left', () => {
    expect(run(1)(5, 1).leftMs).toBe(0);
  });
});

describe('formatDuration', () => {
  it('is in the unit that fits', () => {
    expect([0, 59_400, 60_000, 3_540_000, 12_000_000].map(formatDuration)).toEqual([
      '0 s',
      '59 s',
      '1 min',
      '59 min',
      '3 h 20 min',
    ]);
  });
});
