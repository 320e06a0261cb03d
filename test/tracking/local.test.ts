import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastStepOf } from '../../src/tracking/cut-rows.ts';
import { createLocalTracker } from '../../src/tracking/local.ts';
import type { Exhibit } from '../../src/tracking/tracker.ts';

let folder: string;
let warnings: string[];
const log = { info: () => {}, warn: (line: string) => void warnings.push(line) };

const picture = (byte: number): Exhibit => ({ kind: 'picture', png: Uint8Array.of(byte), caption: 'a tile' });

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
    const tracker = createLocalTracker(join(folder, 'run'), log, { exhibits: true });
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
    const first = createLocalTracker(join(folder, 'run'), log, { exhibits: true });
    first.log(7, { loss: 1 });
    const second = createLocalTracker(join(folder, 'run'), log, { exhibits: true });
    expect(await rows()).toEqual([{ step: 7, loss: 1 }]);
    second.log(1, { loss: 2 });
    expect(await rows()).toEqual([{ step: 1, loss: 2 }]);
  });

  it('keeps the newest picture of each key, whatever the key holds', async () => {
    const tracker = createLocalTracker(join(folder, 'run'), log, { exhibits: true });
    tracker.show(1, 'valid/comparison_0', picture(1));
    tracker.show(2, 'valid/comparison_0', picture(2));
    tracker.show(2, '../../escape', picture(3));
    const images = join(folder, 'run', 'images');
    expect([...(await readFile(join(images, 'valid_comparison_0.png')))]).toEqual([2]);
    expect([...(await readFile(join(images, '.._.._escape.png')))]).toEqual([3]);
  });

  it('keeps the newest table and line chart of each key, and leaves out what it cannot show', async () => {
    const tracker = createLocalTracker(join(folder, 'run'), log, { exhibits: true });
    const table: Exhibit = { kind: 'table', columns: ['what', 'count'], rows: [['missed', 3]] };
    const chart: Exhibit = { kind: 'line_chart', title: 'a line', xAxis: 'x', lines: [] };
    tracker.show(1, 'valid/outcomes', { ...table, rows: [] });
    tracker.show(2, 'valid/outcomes', table);
    tracker.show(2, 'valid/line', chart);
    tracker.show(2, 'valid/page', { kind: 'page', html: '<p>' });
    tracker.show(2, 'o', { kind: 'overlaid_picture', jpeg: Uint8Array.of(1), caption: '', overlays: {} });
    expect(await readdir(join(folder, 'run'))).toEqual(['tables']);
    const kept = async (name: string) =>
      JSON.parse(await readFile(join(folder, 'run', 'tables', name), 'utf8'));
    expect(await kept('valid_outcomes.json')).toEqual({ step: 2, ...table });
    expect(await kept('valid_line.json')).toEqual({ step: 2, ...chart });
  });

  it('leaves all but figures to the stage where it is told so', async () => {
    const tracker = createLocalTracker(join(folder, 'run'), log, { exhibits: false });
    tracker.show(1, 'test/comparison_0', picture(1));
    tracker.show(1, 'test/outcomes', { kind: 'table', columns: [], rows: [] });
    tracker.log(1, { loss: 1 });
    expect(await readdir(join(folder, 'run'))).toEqual(['metrics.jsonl']);
  });

  it('goes on when the stage puts a new folder in the place of its own', async () => {
    const tracker = createLocalTracker(join(folder, 'run'), log, { exhibits: true });
    tracker.log(1, { loss: 1 });
    await rm(join(folder, 'run'), { recursive: true });
    tracker.log(2, { loss: 2 });
    expect(await rows()).toEqual([{ step: 2, loss: 2 }]);
  });

  it('says once that it cannot write, and throws nothing', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'run'), 'a file where the folder should be');
    const tracker = createLocalTracker(join(folder, 'run'), log, { exhibits: true });
    tracker.log(1, { loss: 1 });
    tracker.show(1, 'picture', picture(1));
    tracker.summary({ best: 1 });
    await tracker.finish(0);
    expect(warnings).toEqual([expect.stringContaining('the run goes on without it')]);
  });

  describe('of a resumed run', () => {
    const file = () => join(folder, 'run', 'metrics.jsonl');
    const written = async (...lines: string[]) => {
      await mkdir(join(folder, 'run'), { recursive: true });
      await writeFile(file(), lines.join('\n'));
    };
    const resumed = (resumeStep: number | null) =>
      createLocalTracker(join(folder, 'run'), log, { exhibits: true, resumeStep });
    const steps = async () => (await rows()).map((row) => (row as { step: number }).step);
    const row = (step: number, loss = 1) => `{"step":${step},"epoch":1,"train/loss":${loss}}`;

    it('goes on after the step, without what came later and without a line that was cut off', async () => {
      await written(row(1), row(2), '{"step":2,"valid/ap":0.5}', row(3), row(4), '{"step":5,"train/lo');
      const before = await readFile(file(), 'utf8');
      const tracker = resumed(2);
      expect(await readFile(file(), 'utf8')).toBe(before);
      tracker.log(3, { 'train/loss': 7 });
      tracker.log(4, { 'train/loss': 8 });
      expect(await rows()).toEqual([
        { step: 1, epoch: 1, 'train/loss': 1 },
        { step: 2, epoch: 1, 'train/loss': 1 },
        { step: 2, 'valid/ap': 0.5 },
        { step: 3, 'train/loss': 7 },
        { step: 4, 'train/loss': 8 },
      ]);
      expect(await readdir(join(folder, 'run'))).toEqual(['metrics.jsonl']);
    });

    it('keeps no row of an update that is left out this time', async () => {
      await written(row(1), row(2), row(3), row(4), '');
      resumed(2).log(4, { 'train/loss': 1 });
      expect(await steps()).toEqual([1, 2, 4]);
      expect((await rows()).at(-1)).toEqual({ step: 4, 'train/loss': 1 });
    });

    it('mends a last line that is whole but for its end, and takes one for itself where there is none', async () => {
      await written(row(1), row(2));
      resumed(2).log(3, { 'train/loss': 1 });
      expect(await steps()).toEqual([1, 2, 3]);
      await rm(file());
      resumed(2).log(3, { 'train/loss': 1 });
      expect(await steps()).toEqual([3]);
    });

    it('replaces the row of a validation that is made again at the same step, and keeps that of its update', async () => {
      await written(row(1), row(2), '{"step":2,"epoch":1,"valid/ap":0.5}', '');
      resumed(2).log(2, { epoch: 1, 'valid/ap': 0.25 });
      expect(await rows()).toEqual([
        { step: 1, epoch: 1, 'train/loss': 1 },
        { step: 2, epoch: 1, 'train/loss': 1 },
        { step: 2, epoch: 1, 'valid/ap': 0.25 },
      ]);
    });

    it('takes away the summary of a run that goes on after its end', async () => {
      await written(row(1), '{"step":1,"summary":{"best/ap":0.5}}', '');
      const tracker = resumed(1);
      tracker.log(2, { 'train/loss': 1 });
      tracker.summary({ 'best/ap': 1 });
      expect((await rows()).slice(1)).toEqual([
        { step: 2, 'train/loss': 1 },
        { step: 2, summary: { 'best/ap': 1 } },
      ]);
    });

    it('keeps only rows of its own run, whatever was trained here meanwhile', async () => {
      const of = (run: string, step: number) => ({ step, run, 'train/loss': 1 });
      await written(
        ...[of('a', 1), of('b', 2), of('a', 2), of('b', 3)].map((row) => JSON.stringify(row)),
        '',
      );
      const options = { exhibits: true, run: 'a', resumeStep: 2 };
      createLocalTracker(join(folder, 'run'), log, options).log(3, { 'train/loss': 1 });
      expect(await rows()).toEqual([of('a', 1), of('a', 2), of('a', 3)]);
      expect([lastStepOf(file(), 'a'), lastStepOf(file(), 'b')]).toEqual([3, 0]);
    });

    it('keeps nothing of a run that goes on from its beginning', async () => {
      await written(row(1), row(2), '');
      resumed(0).log(1, { 'train/loss': 9 });
      expect(await rows()).toEqual([{ step: 1, 'train/loss': 9 }]);
    });

    it('is as if nothing had been when training goes back on the way', async () => {
      const tracker = resumed(null);
      for (const step of [1, 2, 3, 4]) tracker.log(step, { epoch: 1, 'train/loss': step });
      tracker.log(3, { epoch: 1, 'train/loss': 30 });
      tracker.log(3, { epoch: 1, 'valid/ap': 0.5 });
      tracker.log(4, { epoch: 2, 'train/loss': 40 });
      // Back by a single step.
      tracker.log(4, { epoch: 2, 'train/loss': 41 });
      const told = (await rows()) as Record<string, number>[];
      expect(
        told.map(({ step, ...figures }) => [step, figures['train/loss'] ?? figures['valid/ap']]),
      ).toEqual([
        [1, 1],
        [2, 2],
        [3, 30],
        [3, 0.5],
        [4, 41],
      ]);
    });
  });
});
