import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createCountProgress } from '../../src/data/count-progress.ts';
import { collectLog } from '../support/collect-log.ts';

/** A stream that says whether it is a terminal, and keeps what is written to it. */
function fakeTerminal(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 20 });
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => String(stream.read() ?? '') };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('createCountProgress', () => {
  it('writes a plain line now and then where there is no terminal, and none for a short job', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const log = collectLog();
    const { stream, written } = fakeTerminal(false);
    const progress = createCountProgress('Examining', 100, log, stream);
    for (let i = 0; i < 10; i++) progress.add();
    expect(log.lines).toEqual([]);
    for (let i = 0; i < 90; i++) {
      vi.advanceTimersByTime(400);
      progress.add();
    }
    progress.stop();
    expect(log.lines).toEqual(['Examining: 48 of 100', 'Examining: 86 of 100']);
    expect(written()).toBe('');
  });

  it('draws a bar on a terminal, and leaves nothing behind', () => {
    const log = collectLog();
    const { stream, written } = fakeTerminal(true);
    const progress = createCountProgress('Packing', 4, log, stream);
    progress.add();
    progress.stop();
    expect(log.lines).toEqual([]);
    expect(written()).toContain('Packing');
  });
});
