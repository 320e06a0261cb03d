import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgressLog } from '../../src/evaluate/progress.ts';
import { collectLog } from '../support/collect-log.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

describe('createProgressLog', () => {
  it('says nothing of what is short', () => {
    const log = collectLog();
    const tell = createProgressLog(log, { images: 3, resamples: 100 });
    for (let done = 1; done <= 3; done++) {
      vi.advanceTimersByTime(1000);
      tell('measured', done);
    }
    expect(log.lines).toEqual([]);
  });

  it('says every few seconds how far each step is, also where each alone is short', () => {
    const log = collectLog();
    const tell = createProgressLog(log, { images: 4, resamples: 100 });
    for (let done = 1; done <= 4; done++) {
      vi.advanceTimersByTime(2000);
      tell('measured', done);
    }
    vi.advanceTimersByTime(3500);
    tell('judged', 1);
    for (let done = 1; done <= 100; done++) {
      vi.advanceTimersByTime(100);
      tell('drawn', done);
    }
    expect(log.lines).toEqual([
      'Measured 3 of 4 images',
      'Counted 1 of 4 images from the chosen score threshold on',
      'Drew the images 50 of 100 times for the intervals',
      'Drew the images 100 of 100 times for the intervals',
    ]);
  });
});
