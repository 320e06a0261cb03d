import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createDownloadProgress } from '../../src/hub/progress.ts';
import { createLog } from '../../src/system/log.ts';
import { collectLog } from '../support/collect-log.ts';

/** A stream that says whether it is a terminal, and keeps what is written to it. */
function fakeTerminal(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 20 });
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => String(stream.read() ?? '') };
}

const download = { path: 'data/train.zip', totalBytes: 345_000_000, startBytes: 0 };

describe('createDownloadProgress', () => {
  it('writes a plain line at each tenth where there is no terminal', () => {
    const log = collectLog();
    const { stream, written } = fakeTerminal(false);
    const progress = createDownloadProgress([download], log, stream);
    for (let bytes = 0; bytes <= download.totalBytes; bytes += 1_000_000)
      progress.update(download.path, bytes);
    progress.stop();
    expect(log.lines).toHaveLength(10);
    expect(log.lines[0]).toBe('data/train.zip: 35 of 345 MB');
    expect(log.lines.at(-1)).toBe('data/train.zip: 345 of 345 MB');
    expect(written()).toBe('');
  });

  it('does not repeat what an earlier run has brought', () => {
    const log = collectLog();
    const { stream } = fakeTerminal(false);
    const progress = createDownloadProgress([{ ...download, startBytes: 300e6 }], log, stream);
    progress.update(download.path, 301e6);
    expect(log.lines).toEqual([]);
    progress.update(download.path, 320e6);
    expect(log.lines).toEqual(['data/train.zip: 320 of 345 MB']);
  });

  it('adds up what comes of several files, and takes off what was thrown away', () => {
    const log = collectLog();
    const valid = { path: 'data/valid.zip', totalBytes: 55e6, startBytes: 5e6 };
    const progress = createDownloadProgress([download, valid], log, fakeTerminal(false).stream);
    progress.update(download.path, 45e6);
    progress.update(valid.path, 0);
    progress.update(valid.path, 55e6);
    expect(log.lines).toEqual(['2 files: 50 of 400 MB', '2 files: 100 of 400 MB']);
  });

  it('says nothing of an empty file but that it is there', () => {
    const log = collectLog();
    const empty = { path: 'empty.txt', totalBytes: 0, startBytes: 0 };
    const progress = createDownloadProgress([empty], log, fakeTerminal(false).stream);
    progress.update(empty.path, 0);
    expect(log.lines).toEqual([]);
  });

  it('draws one bar with MB and the total on a terminal', () => {
    const log = collectLog();
    const { stream, written } = fakeTerminal(true);
    const progress = createDownloadProgress([download], log, stream);
    progress.update(download.path, 200e6);
    progress.stop();
    expect(written()).toMatch(/data\/train\.zip .* 0 of 345 MB.*200 of 345 MB, 1 s left/);
    expect(log.lines).toEqual([]);
  });

  it('writes lines above the bar, each on a line of its own', () => {
    const { stream, written } = fakeTerminal(true);
    const progress = createDownloadProgress([download], createLog(stream), stream);
    progress.log.info('the next try in 1 s');
    progress.stop();
    const [lineOfBar, below] = written().split('the next try in 1 s\n');
    expect(lineOfBar).toContain('data/train.zip');
    // Back to the beginning of the line, which is emptied.
    expect(lineOfBar!.endsWith('\x1b[1G\x1b[2K')).toBe(true);
    expect(below).toMatch(/data\/train\.zip .*0 of 345 MB/);
  });
});
