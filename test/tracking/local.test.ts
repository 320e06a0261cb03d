import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalTracker } from '../../src/tracking/local.ts';

let folder: string;
let warnings: string[];
const log = { info: () => {}, warn: (line: string) => void warnings.push(line) };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-local-'));
  warnings = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function rows(): Promise<unknown[]> {
  const text = await readFile(join(folder, 'run', 'metrics.jsonl'), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('createLocalTracker', () => {
  it('writes each row at once, with null for what is not a number', async () => {
    const tracker = createLocalTracker(join(folder, 'run'), log, true);
    tracker.log(1, { 'train/loss': 0.5, 'train/norm': Number.NaN });
    expect(await rows()).toEqual([{ step: 1, 'train/loss': 0.5, 'train/norm': null }]);
    tracker.log(2, { 'train/loss': Number.POSITIVE_INFINITY, 'valid/ap': null });
    tracker.summary({ best: 0.25, worst: Number.NEGATIVE_INFINITY });
    await tracker.finish(0);
    expect((await rows()).slice(1)).toEqual([
      { step: 2, 'train/loss': null, 'valid/ap': null },
      { step: 2, summary: { best: 0.25, worst: null } },
    ]);
  });

  it('keeps the rows of the run before until it has one of its own', async () => {
    const first = createLocalTracker(join(folder, 'run'), log, true);
    first.log(7, { loss: 1 });
    const second = createLocalTracker(join(folder, 'run'), log, true);
    expect(await rows()).toEqual([{ step: 7, loss: 1 }]);
    second.log(1, { loss: 2 });
    expect(await rows()).toEqual([{ step: 1, loss: 2 }]);
  });

  it('keeps the newest picture of each key, whatever the key holds', async () => {
    const tracker = createLocalTracker(join(folder, 'run'), log, true);
    tracker.image(1, 'valid/comparison_0', Uint8Array.of(1), 'first');
    tracker.image(2, 'valid/comparison_0', Uint8Array.of(2), 'second');
    tracker.image(2, '../../escape', Uint8Array.of(3), 'third');
    const images = join(folder, 'run', 'images');
    expect([...(await readFile(join(images, 'valid_comparison_0.png')))]).toEqual([2]);
    expect([...(await readFile(join(images, '.._.._escape.png')))]).toEqual([3]);
  });

  it('leaves pictures to the stage where it is told so', async () => {
    const tracker = createLocalTracker(join(folder, 'run'), log, false);
    tracker.image(1, 'test/comparison_0', Uint8Array.of(1), 'first');
    tracker.log(1, { loss: 1 });
    expect(await readdir(join(folder, 'run'))).toEqual(['metrics.jsonl']);
  });

  it('goes on when the stage puts a new folder in the place of its own', async () => {
    const tracker = createLocalTracker(join(folder, 'run'), log, true);
    tracker.log(1, { loss: 1 });
    await rm(join(folder, 'run'), { recursive: true });
    tracker.log(2, { loss: 2 });
    expect(await rows()).toEqual([{ step: 2, loss: 2 }]);
  });

  it('says once that it cannot write, and throws nothing', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'run'), 'a file where the folder should be');
    const tracker = createLocalTracker(join(folder, 'run'), log, true);
    tracker.log(1, { loss: 1 });
    tracker.image(1, 'picture', Uint8Array.of(1), '');
    tracker.summary({ best: 1 });
    await tracker.finish(0);
    expect(warnings).toEqual([expect.stringContaining('the run goes on without it')]);
  });
});
