import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createDownloadProgress } from '../../src/hub/progress.ts';
import { collectLog } from '../support/collect-log.ts';

/** A stream that says whether it is a terminal, and keeps what is written to it. */
function fakeTerminal(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 100,
    rows: 20,
    cursorTo() {},
    clearLine() {},
  });
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => String(stream.read() ?? '') };
}

const download = { name: 'data/train.zip', totalBytes: 345_000_000, startBytes: 0 };

describe('createDownloadProgress', () => {
  it('writes a plain line at each tenth where there is no terminal', () => {
    const log = collectLog();
    const { stream, written } = fakeTerminal(false);
    const progress = createDownloadProgress(download, log, stream);
    for (let bytes = 0; bytes <= download.totalBytes; bytes += 1_000_000) progress.update(bytes);
    progress.stop();
    expect(log.lines).toHaveLength(10);
    expect(log.lines[0]).toBe('data/train.zip: 35 of 345 MB');
    expect(log.lines.at(-1)).toBe('data/train.zip: 345 of 345 MB');
    expect(written()).toBe('');
  });

  it('does not repeat what an earlier run has brought', () => {
    const log = collectLog();
    const progress = createDownloadProgress(
      { ...download, startBytes: 300e6 },
      log,
      fakeTerminal(false).stream,
    );
    progress.update(301e6);
    expect(log.lines).toEqual([]);
    progress.update(320e6);
    expect(log.lines).toEqual(['data/train.zip: 320 of 345 MB']);
  });

  it('draws a bar with MB and the total on a terminal', () => {
    const log = collectLog();
    const { stream, written } = fakeTerminal(true);
    const progress = createDownloadProgress(download, log, stream);
    progress.update(200e6);
    progress.stop();
    expect(written()).toMatch(/data\/train\.zip .*200 of 345 MB/);
    expect(log.lines).toEqual([]);
  });
});
