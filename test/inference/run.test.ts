import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { runInference } from '../../src/inference/run.ts';
import { formatInferenceSummary } from '../../src/inference/summary.ts';
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import { saveParams } from '../../src/params/saved-params.ts';
import type { Params } from '../../src/params/schema.ts';
import { UsageError } from '../../src/system/errors.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { collectLog } from '../support/collect-log.ts';
import { recordingTracker } from '../support/recording-tracker.ts';
import { tinyParams } from '../support/tiny-model.ts';
import { leaveAsTrained } from '../support/untrained-model.ts';

const THRESHOLD = 0.25;
let folder: string;
let params: Params;

const context = (signal = new AbortController().signal) => {
  const log = collectLog();
  return { lines: log.lines, context: { log, tracker: recordingTracker(), signal } };
};
const inRuns = (...path: string[]) => join(params.paths.runs, ...path);
const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));
const filesBesideResults = async () =>
  (await readdir(params.paths.runs)).filter(
    (name) => !['graph-cache', 'inference_results', 'train'].includes(name),
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-inference-'));
  params = tinyParams(folder);
  params.data.synthetic = { size: 128, train: 1, valid: 1, test: 3 };
  params.data.min_area = 30;
  params.tracking.images = 1;
  await prepareData(params, collectLog());
  const { manifest } = await openPrepared(params.paths.prepared);
  const model = createMaskRcnn(params);
  await leaveAsTrained(model, params, { data: manifest.hash, score_threshold: `${THRESHOLD}` });
  model.dispose();
  await writeFile(inRuns('train', 'history.json'), '[{"epoch":1,"train/loss":2},{"epoch":2,"train/loss":1}]');
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe('runInference', () => {
  it('writes a picture for every test image, figures, tables, predictions and a report', async () => {
    const result = await runInference(params, context().context);
    const files = (await readdir(inRuns('inference_results'))).toSorted();
    expect(files.filter((file) => file.endsWith('.png'))).toHaveLength(3);
    expect(files.filter((file) => !file.endsWith('.png'))).toEqual([
      'buildings.csv',
      'curves.json',
      'ground_truth.json',
      'images.csv',
      'metrics.json',
      'predictions.json',
      'report.html',
    ]);
    const metrics = await readJson(inRuns('inference_results', 'metrics.json'));
    expect(metrics).toEqual(result.metrics);
    for (const key of ['ap', 'ap50']) {
      expect(metrics.mask).toHaveProperty(key);
      expect(metrics.box).toHaveProperty(key);
    }
    expect(metrics.intervals).toHaveProperty('merged_rate');
    const predictions = await readJson(inRuns('inference_results', 'predictions.json'));
    for (const { segmentation } of predictions) expect(typeof segmentation.counts).toBe('string');
    const truth = await readJson(inRuns('inference_results', 'ground_truth.json'));
    expect(truth.images).toHaveLength(3);
    expect(truth.annotations).toHaveLength(result.metrics.buildings);
    expect(await readFile(inRuns('inference_results', 'report.html'), 'utf8')).toContain('Training');
    expect(formatInferenceSummary(result)).toMatch(/^On test \(3 images, \d+ buildings/);
  }, 60_000);
  it('tells the tracker figures with intervals, tables, overlays and the report; leaves no tensor behind', async () => {
    const told = recordingTracker();
    const before = tf.memory().numTensors;
    const { metrics } = await runInference(params, { ...context().context, tracker: told });
    expect(tf.memory().numTensors).toBe(before);
    expect(told.summaries).toHaveLength(1);
    expect(told.summaries[0]).toMatchObject({
      'test/mask_ap': metrics.mask.ap,
      'test/split_rate': metrics.split.rate,
      'test/iou_low': metrics.intervals!.iou!.low,
    });
    const kinds = Object.fromEntries(told.exhibits.map(({ key, exhibit }) => [key, exhibit.kind]));
    expect(kinds).toMatchObject({
      'test/comparison_0': 'picture',
      'test/overlay_0': 'overlaid_picture',
      'test/outcomes': 'table',
      'test/report': 'page',
    });
  }, 60_000);
  it('takes the score threshold of the training, and warns where it may not suit; else that of the params', async () => {
    const others = { ...params, evaluate: { max_detections: 7 } };
    const { lines: said, context: means } = context();
    expect(await runInference(others, means)).toMatchObject({
      threshold_source: 'trained',
      metrics: { score_threshold: THRESHOLD, max_detections: 7 },
    });
    expect(said.join('\n')).toMatch(
      /warning: the score threshold 0\.25 of .* with other params \(evaluate\.max/,
    );
    const own = { ...params, inference: { ...params.inference, score_threshold: 0.125 } };
    expect(await runInference(own, context().context)).toMatchObject({
      threshold_source: 'params',
      metrics: { score_threshold: 0.125 },
    });
  }, 60_000);
  it('replaces old results whole, and keeps them when it fails', async () => {
    await writeFile(inRuns('inference_results', 'old.png'), '');
    const aborted = runInference(params, context(AbortSignal.abort(new Error('stopped'))).context);
    await expect(aborted).rejects.toThrow('stopped');
    expect(await readdir(inRuns('inference_results'))).toContain('old.png');
    await runInference({ ...params, inference: { ...params.inference, max_images: 1 } }, context().context);
    const files = await readdir(inRuns('inference_results'));
    expect(files.filter((file) => file.endsWith('.png'))).toHaveLength(1);
    expect(await filesBesideResults()).toEqual([]);
  }, 60_000);
  it.each([
    ['Inference with', 'predicts'],
    ['Writing the report', 'writes'],
  ])(
    'keeps the old results when it is stopped after it has said "%s", while it %s',
    async (begin) => {
      await mkdir(inRuns('inference_results'), { recursive: true });
      await writeFile(inRuns('inference_results', 'old.png'), '');
      const controller = new AbortController();
      const { log, ...means } = context(controller.signal).context;
      const info = (line: string) => {
        if (line.startsWith(begin)) controller.abort(new Error('stopped'));
        log.info(line);
      };
      const stopped = runInference(params, { ...means, log: { ...log, info } });
      await expect(stopped).rejects.toThrow('stopped');
      expect(await readdir(inRuns('inference_results'))).toContain('old.png');
      expect(await filesBesideResults()).toEqual([]);
    },
    60_000,
  );
  it('says what to do without a model', async () => {
    const nowhere = { ...params, paths: { ...params.paths, runs: inRuns('nothing') } };
    await expect(runInference(nowhere, context().context)).rejects.toThrow(/no trained model .*aerial train/);
  });
  it('warns when the data is not what the model was trained on', async () => {
    const other = structuredClone(params);
    other.paths.prepared = join(folder, 'other');
    other.seed = 99;
    await prepareData(other, collectLog());
    const run = context();
    await runInference({ ...params, paths: other.paths }, run.context);
    expect(run.lines.join('\n')).toMatch(/warning: .*was trained on other prepared data/);
  }, 60_000);
  it('refuses a model and params of two trainings', async () => {
    const runs = join(folder, 'mixed');
    await cp(inRuns('train'), join(runs, 'train'), { recursive: true });
    await saveParams(join(runs, 'train/params.yaml'), { ...params, seed: 5 });
    const mixed = { ...params, paths: { ...params.paths, runs } };
    await expect(runInference(mixed, context().context)).rejects.toThrow(/not of the same training/);
  });
  it('refuses params that do not fit the model, naming them', async () => {
    const model = { ...params.model, anchor_ratios: [1], fpn_channels: 16 };
    const failure = await runInference({ ...params, model }, context().context).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(UsageError);
    expect(String(failure)).toMatch(
      /model.fpn_channels is 16, trained with 8; model.anchor_ratios is \[1\], trained with/,
    );
  });
});
