import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCase } from '../../scripts/fuzz/make-case.ts';
import type { ReadCase } from '../../scripts/fuzz/read-case.ts';
import { createReport, isSound } from '../../scripts/fuzz/report.ts';
import { createSandbox, runCase, type Sandbox } from '../../scripts/fuzz/run-case.ts';
import { runShards } from '../../scripts/fuzz/run-shards.ts';
import { UserError } from '../../src/system/errors.ts';

const COUNT = 240;

describe('fuzzed data sets', () => {
  it('are read, or refused in one line, and nothing is written elsewhere', { timeout: 300_000 }, async () => {
    const report = createReport(2, await runShards({ seed: 2, count: COUNT }, () => {}));
    expect(report.failures).toEqual([]);
    expect(report.cases).toBe(COUNT);
    expect(report.peakMebibytes).toBeLessThan(1024);
    // Mutations that spoil nothing, or everything, would find nothing.
    for (const outcomes of Object.values(report.outcomes)) {
      expect(outcomes.read).toBeGreaterThan(5);
      expect(outcomes.refused).toBeGreaterThan(5);
    }
  });
});

describe('makeCase', () => {
  it('follows from seed and number', async () => {
    for (let index = 0; index < 8; index++) {
      const once = await makeCase({ seed: 5, index }, '/out');
      expect(await makeCase({ seed: 5, index }, '/out')).toEqual(once);
      expect((await makeCase({ seed: 6, index }, '/out')).files).not.toEqual(once.files);
    }
  });
});

describe('runCase', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await createSandbox();
  });
  afterEach(() => sandbox.remove());

  const sound: ReadCase = { images: 1, buildings: 2, details: ['it is so'] };
  async function verdictOf(read: (folder: string, workFolder: string) => Promise<ReadCase>) {
    const files = new Map([['images/a.png', Buffer.from('a')]]);
    return runCase({ index: 7, kind: 'coco', files, tricks: ['none'] }, sandbox, read);
  }

  it('takes what is read, written into the work folder, or refused in one line', async () => {
    const read = async (_: string, workFolder: string) => {
      await writeFile(join(workFolder, 'a.png'), 'a');
      return sound;
    };
    expect(await verdictOf(read)).toMatchObject({
      outcome: 'read',
      message: '1 images, 2 buildings',
      index: 7,
    });
    const refuse = () => Promise.reject(new UserError('No, since it is wrong'));
    expect(await verdictOf(refuse)).toMatchObject({ outcome: 'refused', message: 'No, since it is wrong' });
  });

  it.each<[string, string, (folder: string, workFolder: string) => Promise<ReadCase>]>([
    ['an error that is no UserError', 'crashed', () => Promise.reject(new TypeError('x is undefined'))],
    ['a message of two lines', 'many lines', () => Promise.reject(new UserError('a\nb'))],
    ['a message that moves the cursor', 'many lines', () => Promise.reject(new UserError('a\u001b[2Jb'))],
    ['an endless message', 'many lines', () => Promise.reject(new UserError('a'.repeat(2000)))],
    ['a finding of two lines', 'many lines', () => Promise.resolve({ ...sound, details: ['a', 'b\nc'] })],
  ])('finds %s', async (_name, outcome, read) => {
    const verdict = await verdictOf(read);
    expect(verdict.outcome).toBe(outcome);
    expect(isSound(createReport(1, { verdicts: [verdict], peakBytes: 0, peakIndex: 0 }))).toBe(false);
  });

  it.each<[string, (folder: string) => string]>([
    ['beside the work folder', (folder) => join(dirname(folder), 'new.png')],
    ['into the data set', (folder) => join(folder, 'images/a.png')],
    ['far outside', () => join(sandbox.outside, 'precious.png')],
  ])('finds what is written %s', async (_name, placeOf) => {
    const verdict = await verdictOf(async (folder) => {
      await writeFile(placeOf(folder), 'evil');
      return sound;
    });
    expect(verdict).toMatchObject({ outcome: 'wrote outside', message: expect.stringContaining('.png') });
  });

  it('finds a process that has too much memory', () => {
    expect(isSound(createReport(1, { verdicts: [], peakBytes: 1025 * 1024 ** 2, peakIndex: 0 }))).toBe(false);
    expect(isSound(createReport(1, { verdicts: [], peakBytes: 1024 ** 3, peakIndex: 0 }))).toBe(true);
  });
});
