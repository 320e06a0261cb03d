import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { batchShape } from '../../src/data/host-batch.ts';
import { createLoader } from '../../src/data/loader.ts';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { loadWeights } from '../../src/model/checkpoint.ts';
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import type { Params } from '../../src/params/schema.ts';
import { UserError } from '../../src/system/errors.ts';
import { tf } from '../../src/system/tensorflow.ts';
import type { Table, Tracker } from '../../src/tracking/tracker.ts';
import { createUpdate } from '../../src/train/engine/update.ts';
import { createValidationStep } from '../../src/train/engine/validation-step.ts';
import { formatTrainingSummary, type TrainingSummary } from '../../src/train/report.ts';
import { runTraining } from '../../src/train/run.ts';
import { validate } from '../../src/train/validation/validate.ts';
import { collectLog } from '../support/collect-log.ts';
import { recordingTracker } from '../support/recording-tracker.ts';
import { tinyParams } from '../support/tiny-model.ts';

let folder: string;
const tracker = recordingTracker();
let params: Params;
let summary: TrainingSummary;
let lines: string[];

const context = (signal = new AbortController().signal) => {
  const log = collectLog();
  return { lines: log.lines, context: { log, tracker, signal } };
};
const inRuns = (...path: string[]) => join(params.paths.runs, ...path);
const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-run-'));
  params = tinyParams(folder);
  params.data.synthetic = { size: 128, train: 5, valid: 2, test: 3 };
  params.data.min_area = 30;
  params.train.epochs = 2;
  params.tracking.images = 1;
  await prepareData(params, collectLog());
  const run = context();
  lines = run.lines;
  summary = await runTraining(params, run.context);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe('runTraining', () => {
  it('keeps the best model, its params, figures and curves', async () => {
    expect((await readdir(inRuns('train'))).toSorted()).toEqual([
      'best.safetensors',
      'checkpoints',
      'curves.svg',
      'history.json',
      'metrics.json',
      'params.yaml',
    ]);
    expect(parse(await readFile(inRuns('train', 'params.yaml'), 'utf8'))).toEqual(params);
    const { tensors, metadata } = await readSafetensors(inRuns('train', 'best.safetensors'));
    expect(tensors.size).toBeGreaterThan(100);
    expect(Number(metadata.epoch)).toBe(summary.best!.epoch);
    const metrics = await readJson(inRuns('train', 'metrics.json'));
    expect(metrics.mask).toHaveProperty('ap50');
    expect(metrics).toMatchObject({
      epoch: summary.best!.epoch,
      step: Number(metadata.step),
      images: 2,
      merged: { rate: summary.best!.merged_rate },
    });
    expect(Object.keys(metrics.errors)).toContain('missed');
    const { score_threshold } = summary.best!;
    expect(metadata.score_threshold).toBe(score_threshold === null ? undefined : `${score_threshold}`);
    expect(metrics.score_threshold).toBe(score_threshold ?? 0.5);
  });
  it('keeps no score threshold where no detection is right, so that nobody takes it for chosen', async () => {
    const runs = join(folder, 'blind');
    const detection = { ...params.model.detection, score_threshold: 1 };
    const blind = {
      ...params,
      paths: { ...params.paths, runs },
      model: { ...params.model, detection },
      train: { ...params.train, epochs: 1 },
    };
    const means = { ...context().context, tracker: recordingTracker() };
    const { best, ...rest } = await runTraining(blind, means);
    expect(best).toMatchObject({ score_threshold: null, recall: 0 });
    const { metadata } = await readSafetensors(join(runs, 'train', 'best.safetensors'));
    expect(metadata).not.toHaveProperty('score_threshold');
    expect(formatTrainingSummary({ best, ...rest })).toContain('no score threshold could be chosen');
  }, 60_000);
  it('keeps weights that give the figures it reports', async () => {
    const model = createMaskRcnn(params);
    const metadata = await loadWeights(inRuns('train', 'best.safetensors'), model.weights);
    const step = createValidationStep(model, createUpdate(model.weights.variables, params.train), params);
    const { splits } = await openPrepared(params.paths.prepared);
    const loader = createLoader(0);
    const how = { loader, shape: batchShape(params), params, signal: new AbortController().signal };
    const validation = await validate(step, splits.valid, how);
    const history = await readJson(inRuns('train', 'history.json'));
    const row = history.find(({ epoch }: { epoch: number }) => `${epoch}` === metadata.epoch);
    expect(validation!.loss).toBeCloseTo(row['valid/loss'], 5);
    model.dispose();
  }, 60_000);
  it('writes one row of history per epoch', async () => {
    const history = await readJson(inRuns('train', 'history.json'));
    expect(history.map((row: { epoch: number }) => row.epoch)).toEqual([1, 2]);
    const keys = ['train/loss', 'train/gradient_norm', 'valid/loss', 'valid/mask_ap', 'valid/boundary_ap'];
    const more = ['valid/iou', 'valid/merged_rate', 'valid/score_threshold', 'valid/errors/missed'];
    for (const key of [...keys, ...more]) {
      expect(history[1]).toHaveProperty([key]);
    }
    // The means are those of the steps of their own epoch.
    for (const row of history) {
      const ofEpoch = tracker.rows.filter(({ row: { epoch } }) => epoch === row.epoch);
      const losses = ofEpoch.flatMap(({ row: { 'train/loss': loss } }) => loss ?? []);
      expect(row['train/loss']).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, 10);
    }
    expect(await readFile(inRuns('train', 'curves.svg'), 'utf8')).toMatch(/^<svg/);
  });
  it('tells the tracker every step, every validation, its pictures and the best figures', async () => {
    const { splits } = await openPrepared(params.paths.prepared);
    const validBuildings = splits.valid.reduce((count, { buildings }) => count + buildings.length, 0);
    const steps = tracker.rows.filter(({ row }) => 'train/loss' in row).map(({ step }) => step);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
    expect(tracker.rows.filter(({ row }) => 'valid/mask_ap' in row).map(({ step }) => step)).toEqual([3, 6]);
    const shown = tracker.exhibits.filter(({ step }) => step === 3);
    const kinds = Object.fromEntries(shown.map(({ key, exhibit }) => [key, exhibit.kind]));
    expect(kinds).toMatchObject({
      'valid/comparison_0': 'picture',
      'valid/overlay_0': 'overlaid_picture',
      'valid/outcomes': 'table',
    });
    expect(Object.keys(kinds).filter((key) => /_\d$/.test(key))).toHaveLength(2);
    const table = shown.find(({ key }) => key === 'valid/outcomes')!.exhibit as Table;
    const sum = (column: number) => table.rows.reduce((total, row) => total + Number(row[column]), 0);
    expect(sum(1)).toBe(validBuildings);
    expect(tracker.summaries[0]).toHaveProperty(['best/mask_ap50']);
  });
  it('says what it trains on and how each epoch went', () => {
    expect(lines[0]).toMatch(/^Training custom .* on 5 images at 64 px, 2 for validation$/);
    expect(lines.filter((line) => /^epoch \d\/2 · train loss [\d.]+ · valid loss/.test(line))).toHaveLength(
      2,
    );
    expect(formatTrainingSummary(summary)).toMatch(/^Trained 6 steps/);
    const best = { ...summary.best!, score_threshold: 0.25, f1: 0.5 };
    expect(formatTrainingSummary({ ...summary, best })).toContain(
      'from score 0.250 on, where F1 is highest (0.500): precision',
    );
  });
  it('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await runTraining({ ...params, train: { ...params.train, epochs: 1 } }, context().context);
    expect(tf.memory().numTensors).toBe(before);
  }, 60_000);
  it('stops when the user stops it, keeping the last good model', async () => {
    const before = await readFile(inRuns('train', 'best.safetensors'));
    const toldBefore = tracker.summaries.length;
    const stopped = await runTraining(params, context(AbortSignal.abort()).context);
    expect(tracker.summaries.length).toBe(toldBefore);
    expect(stopped).toMatchObject({
      model: null,
      params: null,
      history: null,
      curves: null,
      steps: 0,
      best: null,
    });
    expect(formatTrainingSummary(stopped)).toMatch(/this run kept no model/);
    expect(await readFile(inRuns('train', 'best.safetensors'))).toEqual(before);
  });
  it('stops between the last step and the validation', async () => {
    const controller = new AbortController();
    const run = context(controller.signal);
    const stopAtLastStep: Tracker = {
      ...tracker,
      log: (step) => {
        if (step === 3) controller.abort();
      },
    };
    const stopped = await runTraining(params, { ...run.context, tracker: stopAtLastStep });
    expect(stopped).toMatchObject({ model: null, steps: 3, epochs: 0 });
  }, 60_000);
  it('gives up a validation that is stopped on the way', async () => {
    const { splits } = await openPrepared(params.paths.prepared);
    const model = createMaskRcnn(params);
    const step = createValidationStep(model, createUpdate(model.weights.variables, params.train), params);
    const loader = createLoader(0);
    const stopped = { loader, shape: batchShape(params), params, signal: AbortSignal.abort() };
    expect(await validate(step, splits.valid, stopped)).toBe(null);
    const whole = await validate(step, splits.valid, { ...stopped, signal: new AbortController().signal });
    expect(whole!.metrics.images).toBe(2);
    const whileMeasuring = new AbortController();
    const tracking = {
      ...params.tracking,
      get images() {
        whileMeasuring.abort(new Error('stopped'));
        return 1;
      },
    };
    const late = { ...stopped, params: { ...params, tracking }, signal: whileMeasuring.signal };
    expect(await validate(step, splits.valid, late)).toBe(null);
    model.dispose();
  }, 60_000);
  it('notices at once that it cannot write', async () => {
    await writeFile(join(folder, 'file'), '');
    const blocked = { ...params, paths: { ...params.paths, runs: join(folder, 'file') } };
    const run = context();
    await expect(runTraining(blocked, run.context)).rejects.toThrow(/file/);
    expect(run.lines).toEqual([]);
  });
  it('stops when its time is over, with a validation and a model', async () => {
    const short = { ...params, train: { ...params.train, epochs: 50, max_minutes: 0.0001 } };
    const run = context();
    const result = await runTraining(short, run.context);
    expect(result).toMatchObject({ epochs: 1, steps: 1 });
    expect(result.model).toBe(inRuns('train', 'best.safetensors'));
    expect(run.lines.join('\n')).toMatch(/train.max_minutes \(0.0001\) is over/);
  }, 60_000);
  it('stops at a loss that is not finite, naming term, step and images', async () => {
    const wild = {
      ...params,
      train: { ...params.train, learning_rate: 1e30, min_learning_rate: 0, warmup_steps: 0 },
    };
    const failure = await runTraining(wild, context().context).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(String(failure)).toMatch(/stopped at step \d+: [\w/]+ is (NaN|-?Infinity).*learning_rate.*\.png/);
  }, 60_000);
  it('says what to do when nothing is prepared', async () => {
    const nowhere = { ...params, paths: { ...params.paths, prepared: inRuns('nothing') } };
    await expect(runTraining(nowhere, context().context)).rejects.toThrow(/aerial data-prep/);
  });
});
