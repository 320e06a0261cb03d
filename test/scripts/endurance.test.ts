import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planRun } from '../../scripts/endurance/plan.ts';
import {
  appendResult,
  type Reference,
  type RunRecord,
  readResults,
  type Stop,
} from '../../scripts/endurance/records.ts';
import { createReport, formatReport, isSound } from '../../scripts/endurance/report.ts';
import { checkpointsIn, differences, readOutcome, readReached } from '../../scripts/endurance/traces.ts';
import { writeSafetensors } from '../../src/model/safetensors.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

const OUTCOME = {
  weights: 'a',
  best: 'b',
  checkpoint: 'c',
  history: 'd',
  rows: 'e',
  metrics: 'f',
  params: 'g',
};
const REFERENCE: Reference = { kind: 'reference', seed: 1, outcome: OUTCOME, steps: 24, seconds: 5 };

function record(changes: Partial<RunRecord> = {}, stop: Partial<Stop> = {}): RunRecord {
  const stopped: Stop = {
    ...{ stage: 'steps', seconds: 3, row: 7, checkpoint: 6, lost: 1, secondsToEnd: 0.1 },
    ...{ exitCode: null, signal: 'SIGKILL' },
    ...stop,
  };
  return {
    ...{ kind: 'kill', index: 0, cold: false, stops: [stopped], resumedFrom: 6, seconds: 9, failures: [] },
    ...changes,
  };
}

describe('results', () => {
  it('are read as they were added; a line that was cut off does not swallow the next one', async () => {
    const path = join(await tempFolder(), 'results.jsonl');
    expect(await readResults(path)).toEqual([]);
    await appendResult(path, REFERENCE);
    const text = await readFile(path, 'utf8');
    await writeFile(path, `${text}${JSON.stringify(record()).slice(0, 40)}`);
    await appendResult(path, record({ index: 1 }));
    expect(await readResults(path)).toEqual([REFERENCE, record({ index: 1 })]);
  });
});

describe('planRun', () => {
  const plans = (seed: number) =>
    Array.from({ length: 100 }, (_, index) =>
      planRun({ seed, kind: 'kill', index, attempt: 0 }, { seconds: 5, steps: 16 }),
    );
  it('follows from its seed', () => {
    expect(plans(1)).toEqual(plans(1));
    expect(plans(2)).not.toEqual(plans(1));
  });
  it('kills one to three times, over all of the training, some while a file is written', () => {
    const moments = plans(1).flatMap((plan) => plan.moments);
    const counts = new Set(plans(1).map((plan) => plan.moments.length));
    expect([...counts].sort((a, b) => a - b)).toEqual([1, 2, 3]);
    const seconds = moments.flatMap((moment) => ('seconds' in moment ? [moment.seconds] : []));
    for (let fifth = 0; fifth < 5; fifth++) {
      expect(seconds.filter((at) => Math.floor(at) === fifth).length).toBeGreaterThan(7);
    }
    const updates = moments.flatMap((moment) => ('updates' in moment ? [moment.updates] : []));
    expect(new Set(updates)).toEqual(new Set(Array.from({ length: 16 }, (_, i) => i + 1)));
    expect(moments.length - seconds.length - updates.length).toBe(20);
  });
  it('sends a polite signal once', () => {
    const kinds = ['term', 'interrupt'] as const;
    for (const kind of kinds) {
      expect(
        planRun({ seed: 1, kind, index: 0, attempt: 0 }, { seconds: 5, steps: 16 }).moments,
      ).toHaveLength(1);
    }
  });
});

describe('readOutcome', () => {
  const summary = { finished: true, steps: 3, weights_sha256: 'abc', resumed_from: null };

  async function leave(changes: Record<string, string> = {}, weight = 1): Promise<string> {
    const place = await tempFolder();
    const folder = join(place, 'runs/train');
    await mkdir(join(folder, 'checkpoints/0123456789ab'), { recursive: true });
    const files = {
      'best.safetensors': 'best',
      'history.json': '[{"step":3,"train/loss":0.5,"train/images_per_second":9}]',
      'metrics.jsonl': '{"step":3,"train/loss":0.5,"time/step":0.1}\n{"step":3,"valid/loss":1}\n',
      'metrics.json': '{}',
      'params.yaml': 'seed: 1',
      ...changes,
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    const tensors = new Map([['w', { shape: [1], values: Float32Array.of(weight) }]]);
    for (const step of ['00000003', '00000012']) {
      const metadata = { written: place };
      await writeSafetensors(join(folder, `checkpoints/0123456789ab/step-${step}.safetensors`), {
        tensors,
        metadata,
      });
    }
    return place;
  }

  it('is the same but for what tells of the machine and the hour', async () => {
    const one = await readOutcome(await leave(), summary);
    const history = '[{"step":3,"train/loss":0.5,"train/images_per_second":7}]';
    const rows = '{"step":3,"train/loss":0.5,"time/step":0.3}\n{"step":3,"valid/loss":1}\n';
    const other = await leave({ 'history.json': history, 'metrics.jsonl': rows });
    expect(differences(await readOutcome(other, summary), one)).toEqual([]);
  });
  it.each([
    ['best', { 'best.safetensors': 'other' }],
    ['history', { 'history.json': '[{"step":3,"train/loss":0.5000001,"train/images_per_second":9}]' }],
    ['rows', { 'metrics.jsonl': '{"step":3,"train/loss":0.5,"time/step":0.1}\n' }],
    ['metrics', { 'metrics.json': '{"a":1}' }],
    ['params', { 'params.yaml': 'seed: 2' }],
  ])('names %s where it differs', async (name, changes) => {
    const one = await readOutcome(await leave(), summary);
    expect(differences(await readOutcome(await leave(changes), summary), one)).toEqual([name]);
  });
  it('names weights and checkpoint where they differ', async () => {
    const one = await readOutcome(await leave(), summary);
    const other = await readOutcome(await leave({}, 1 + 2 ** -23), { ...summary, weights_sha256: 'abd' });
    expect(differences(other, one)).toEqual(['weights', 'checkpoint']);
  });
  it('knows how far a training came, in spite of a row that was cut off', async () => {
    const place = await leave({ 'metrics.jsonl': '{"step":13,"train/loss":0.5}\n{"step":14,"tr' });
    await writeFile(join(place, 'runs/train/best.safetensors.1a2b.part'), '');
    expect(await readReached(place)).toEqual({
      ...{ row: 13, checkpoint: 12, isValidated: false },
      halfWritten: ['train/best.safetensors.1a2b.part'],
    });
    expect((await checkpointsIn(place)).map(({ step }) => step)).toEqual([3, 12]);
  });
});

describe('createReport', () => {
  it('counts what trainings were at, what they lost and how they ended', () => {
    const records = [
      record(),
      record({ index: 1 }, { stage: 'write', lost: 3 }),
      record({ kind: 'term' }, { lost: 0, exitCode: 143, signal: null, secondsToEnd: 0.7 }),
    ];
    const report = createReport(REFERENCE, records, 3);
    expect(report.kinds.kill).toMatchObject({ runs: 2, sound: 2, stops: 2, lost: { 1: 1, 3: 1 } });
    expect(report.kinds.kill.stages).toMatchObject({ steps: 1, write: 1, compile: 0 });
    expect(report.kinds.term).toMatchObject({ endings: { 143: 1 }, mostSecondsToEnd: 0.7 });
    expect(isSound(report)).toBe(true);
    expect(formatReport(report)).toContain('endurance: all is well');
  });
  it('names each failure', () => {
    const report = createReport(REFERENCE, [record({ index: 7, failures: ['weights differ', 'late'] })], 3);
    expect(isSound(report)).toBe(false);
    expect(formatReport(report)).toMatch(
      /FAILED kill 7: weights differ\nFAILED kill 7: late\nendurance: 2 failures$/,
    );
  });
});
