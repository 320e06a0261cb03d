import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareData } from '../../src/data/prepare.ts';
import { runInference } from '../../src/inference/run.ts';
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import type { Params } from '../../src/params/schema.ts';
import { tf } from '../../src/system/tensorflow.ts';
import type { Tracker } from '../../src/tracking/tracker.ts';
import type { TrainingContext } from '../../src/train/open-run.ts';
import { runTraining } from '../../src/train/run.ts';
import { collectLog } from '../support/collect-log.ts';
import { recordingTracker } from '../support/recording-tracker.ts';
import { tinyParams } from '../support/tiny-model.ts';

let folder: string;
let base: Params;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-transfer-'));
  base = tinyParams(folder);
  base.data.synthetic = { size: 128, train: 4, valid: 2, test: 1 };
  base.model.transfer.backbone = 'resnet18';
  base.train.model_type = 'transfer';
  // Quicker for a few steps; where graphs could make a difference, tests do both.
  base.train.compile = false;
  await prepareData(base, collectLog());
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** A run with a random backbone, unless `transfer` says otherwise. */
async function train(
  transfer: { freeze?: object; fine_tune?: object; weights?: string },
  more: object = {},
  context: Partial<TrainingContext> = {},
) {
  const params = structuredClone(base);
  Object.assign(params.train, more);
  const { freeze, fine_tune: fineTune } = params.train.transfer;
  Object.assign(params.train.transfer, { weights: transfer.weights ?? null });
  Object.assign(freeze, { epochs: 1 }, transfer.freeze);
  Object.assign(fineTune, { epochs: 1 }, transfer.fine_tune);
  const tracker = recordingTracker();
  const log = collectLog();
  const signal = new AbortController().signal;
  const summary = await runTraining(params, { log, tracker, signal, ...context });
  const { tensors } = await readSafetensors(join(params.paths.runs, 'train', 'best.safetensors'));
  const history = JSON.parse(await readFile(join(params.paths.runs, 'train', 'history.json'), 'utf8'));
  return { params, summary, tracker, history, tensors, lines: log.lines };
}

type Tensors = Awaited<ReturnType<typeof readSafetensors>>['tensors'];

/** The names of weights whose bits are not those of `before`. */
function changed(before: ReadonlyMap<string, Float32Array>, tensors: Tensors): string[] {
  const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return [...before]
    .filter(([name, values]) => !bits(values).equals(bits(tensors.get(name)!.values)))
    .map(([name]) => name);
}

/** The names of weights that are no longer as the model begins. */
function moved(params: Params, tensors: Tensors): string[] {
  const fresh = createMaskRcnn(params);
  const values = [...fresh.weights.variables].map(
    ([name, variable]) => [name, variable.dataSync() as Float32Array] as const,
  );
  fresh.dispose();
  return changed(new Map(values), tensors);
}

const ofBackbone = (name: string) => name.startsWith('backbone.');

describe('training with transfer', () => {
  it.each([true, false])(
    'freezes the backbone to the last bit while all else moves, and goes on with what was learned (compile %s)',
    async (compile) => {
      const before = tf.memory().numTensors;
      // At this rate nothing moves: what the second phase validates is what it was given, and the best model is of the first.
      const still = { learning_rate: 1e-12, min_learning_rate: 0 };
      // Averages over nothing are the weights, kept apart from them: saving the best does not hand the weights over by chance.
      const apart = { compile, ema_decay: 0 };
      const { history, params, tensors } = await train({ freeze: { epochs: 2 }, fine_tune: still }, apart);
      expect(tf.memory().numTensors).toBe(before);
      const names = moved(params, tensors);
      expect(names.filter(ofBackbone)).toEqual([]);
      expect(new Set(names)).toEqual(new Set([...tensors.keys()].filter((name) => !ofBackbone(name))));
      const [first, second, third] = history.map((row: Record<string, number>) => row['valid/loss']);
      expect(Math.abs(second - first)).toBeGreaterThan(1e-3);
      expect(third).toBeCloseTo(second, 5);
    },
    120_000,
  );

  it('moves the stages from the top in the second phase, also where there is no first, and neither those below nor the norms', async () => {
    const { history, lines, params, tensors } = await train({
      freeze: { epochs: 0 },
      fine_tune: { stages: 2 },
    });
    const backbone = moved(params, tensors).filter(ofBackbone);
    const kernels = [...tensors.keys()].filter((name) => /^backbone\.stage[45]\..*kernel$/.test(name));
    expect(kernels.length).toBeGreaterThan(8);
    expect(new Set(backbone)).toEqual(new Set(kernels));
    expect(history.map(({ phase }: Record<string, number>) => phase)).toEqual([2]);
    expect(lines.find((line) => line.startsWith('Phase '))).toMatch(/^Phase 2 of 2, fine-tune: 1 epoch,/);
  }, 120_000);

  it('goes from phase to phase by itself, with what was learned, and says which one it is in', async () => {
    const rates = { freeze: { learning_rate: 0.004 }, fine_tune: { learning_rate: 0.0004, epochs: 2 } };
    const { summary, history, tracker, lines } = await train(rates);
    expect(summary).toMatchObject({ epochs: 3, steps: 6 });
    expect(history.map(({ epoch, phase }: Record<string, number>) => [epoch, phase])).toEqual([
      [1, 1],
      [2, 2],
      [3, 2],
    ]);
    const steps = tracker.rows.filter(({ row }) => 'train/loss' in row);
    expect(steps.map(({ step, row }) => [step, row.phase])).toEqual(
      [1, 2, 3, 4, 5, 6].map((at) => [at, at > 2 ? 2 : 1]),
    );
    // Warm-up starts anew: the rate rises from the first step of each phase.
    const rate = (i: number) => steps[i]!.row['train/learning_rate']!;
    expect(rate(2)).toBeLessThan(rate(1));
    expect(rate(3)).toBeGreaterThan(rate(2));
    const phaseLines = lines.filter((line) => line.startsWith('Phase '));
    expect(phaseLines).toEqual([
      expect.stringMatching(/^Phase 1 of 2, freeze: 1 epoch, learning rate 0\.004, 0\.\d\d M weights learn$/),
      expect.stringMatching(
        /^Phase 2 of 2, fine-tune: 2 epochs, learning rate 0\.0004, 11\.\d\d M weights learn$/,
      ),
    ]);
  }, 120_000);

  it('begins with the weights of a file, e.g. of an earlier training, and inference runs the result', async () => {
    await train({ freeze: { epochs: 0 }, fine_tune: { stages: 5, train_norms: true } });
    const weights = join(folder, 'body.safetensors');
    await copyFile(join(base.paths.runs, 'train', 'best.safetensors'), weights);
    const body = await readSafetensors(weights);
    const { params, tensors, lines } = await train({ weights, fine_tune: { epochs: 0 } });
    const given = [...body.tensors].map(([name, { values }]) => [name, values] as const);
    expect(changed(new Map(given), tensors).filter(ofBackbone)).toEqual([]);
    expect(moved(params, tensors).filter(ofBackbone).length).toBeGreaterThan(20);
    expect(lines.find((line) => line.includes('body.safetensors'))).toMatch(/backbone/);
    const tracker = recordingTracker();
    const signal = new AbortController().signal;
    const result = await runInference(params, { log: collectLog(), tracker, signal });
    expect(result.pictures).toBe(1);
  }, 120_000);

  it('ends a phase when its share of the time is over', async () => {
    const { history, lines } = await train(
      { freeze: { epochs: 40 }, fine_tune: { epochs: 40 } },
      { max_minutes: 0.06 },
    );
    expect(new Set(history.map(({ phase }: Record<string, number>) => phase))).toEqual(new Set([1, 2]));
    expect(history.length).toBeLessThan(80);
    expect(lines.join('\n')).toMatch(/Phase freeze ends: its share of train\.max_minutes \(0\.06\) is over/);
    expect(lines.join('\n')).toMatch(/Stopped: train\.max_minutes \(0\.06\) is over/);
  }, 120_000);

  it('does not begin the second phase when it is stopped at the end of the first', async () => {
    const controller = new AbortController();
    const recorder = recordingTracker();
    const tracker: Tracker = {
      ...recorder,
      log: (step, row) => {
        recorder.log(step, row);
        if ('valid/loss' in row) controller.abort();
      },
    };
    const { summary, lines } = await train({}, {}, { tracker, signal: controller.signal });
    expect(summary).toMatchObject({ epochs: 1, best: { epoch: 1 } });
    expect(lines.filter((line) => line.startsWith('Phase '))).toHaveLength(1);
  }, 120_000);
});
