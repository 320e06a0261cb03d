/** The default params on scenes of the program's own, as `make smoke` trains on them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { batchShape } from '../../../src/data/host-batch.ts';
import { createLoader } from '../../../src/data/loader.ts';
import { openPrepared } from '../../../src/data/open-prepared.ts';
import { prepareData } from '../../../src/data/prepare.ts';
import { createMaskRcnn } from '../../../src/model/mask-rcnn.ts';
import type { Params } from '../../../src/params/schema.ts';
import { createEngine } from '../../../src/train/engine/engine.ts';
import { createUpdate } from '../../../src/train/engine/update.ts';
import { makeUpdates } from '../../../src/train/make-updates.ts';
import { scheduleOf, updatesPerEpoch } from '../../../src/train/phases/schedule.ts';
import { collectLog } from '../../support/collect-log.ts';
import { testParams } from '../../support/test-params.ts';

const folder = await mkdtemp(join(tmpdir(), 'aerial-curves-'));
afterAll(() => rm(folder, { recursive: true }));
const base = testParams(folder);
await prepareData(base, collectLog());
const { splits } = await openPrepared(base.paths.prepared);

async function lossesOf(train: Partial<Params['train']>, steps: number): Promise<number[]> {
  const params = { ...base, train: { ...base.train, ...train } };
  const model = createMaskRcnn(params);
  const update = createUpdate(model.weights.variables, params.train);
  const shape = batchShape(params);
  const engine = await createEngine(model, update, shape, params);
  const totalSteps = updatesPerEpoch(splits.train.length, params.train) * params.train.epochs;
  const schedule = scheduleOf(params.train, params.train, totalSteps);
  const always = {
    ...{ timeUsed: () => 0, signal: new AbortController().signal },
    ...{
      groups: { base: 1 },
      rateFactor: 1,
      excluded: [],
      examine: () => Promise.reject(new Error('not finite')),
    },
  };
  const loader = createLoader(params.data.workers);
  const losses: number[] = [];
  for (let epoch = 1; losses.length < steps; epoch++) {
    const place = { epoch, updates: 0, steps: losses.length, stepsBeforePhase: 0 };
    const given = { loader, images: splits.train, shape, schedule, params, trainStep: engine.train };
    for await (const event of makeUpdates({ ...given, ...always, place })) {
      if (event.kind === 'made') losses.push(event.report.figures.losses.total);
      if (losses.length === steps) break;
    }
  }
  await loader.close();
  engine.dispose();
  update.dispose();
  model.dispose();
  return losses;
}

function runningMeans(values: readonly number[], window: number): number[] {
  const from = values.slice(window - 1);
  return from.map((_, i) => values.slice(i, i + window).reduce((sum, value) => sum + value, 0) / window);
}

it('gives the same losses compiled as op by op, over 20 steps', async () => {
  const [compiled, eager] = [await lossesOf({}, 20), await lossesOf({ compile: false }, 20)];
  expect(compiled).toEqual(eager);
}, 300_000);

it('keeps the loss curve of 200 steps in bfloat16 within 3 %', async () => {
  const [full, low] = [await lossesOf({}, 200), await lossesOf({ precision: 'bfloat16' }, 200)];
  expect(low).not.toEqual(full);
  // Single steps differ by more: a last bit can change which regions are drawn.
  const [a, b] = [runningMeans(full, 20), runningMeans(low, 20)];
  const largest = Math.max(...b.map((value, i) => Math.abs(value / a[i]! - 1)));
  console.info(`bfloat16: largest difference of the mean over 20 steps ${(100 * largest).toFixed(1)} %`);
  expect(largest).toBeLessThan(0.03);
}, 600_000);
