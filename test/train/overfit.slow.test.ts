import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { disposeBatch, toTensors } from '../../src/data/batch.ts';
import { batchShape } from '../../src/data/host-batch.ts';
import { createLoader } from '../../src/data/loader.ts';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import type { Params } from '../../src/params/schema.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { createEngine } from '../../src/train/engine/engine.ts';
import { createUpdate } from '../../src/train/engine/update.ts';
import { learningRateAt, scheduleOf } from '../../src/train/phases/schedule.ts';
import { validate } from '../../src/train/validation/validate.ts';
import { collectLog } from '../support/collect-log.ts';
import { stepInputs } from '../support/step-inputs.ts';
import { testParams } from '../support/test-params.ts';

const MOST_STEPS = 600;
const BETWEEN_LOOKS = 50;

/** Trains all weights on one batch of four scenes. @returns mask mAP50 on it, by the number of steps */
async function learnByHeart(train: Partial<Params['train']>): Promise<Map<number, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'aerial-overfit-'));
  const params = testParams(folder);
  params.data.synthetic = { size: 128, train: 4, valid: 1, test: 1 };
  params.model.transfer.backbone = 'resnet18';
  Object.assign(params.train, { batch_size: 4, deterministic: true }, train);
  await prepareData(params, collectLog());
  const { splits } = await openPrepared(params.paths.prepared);
  const model = createMaskRcnn(params);
  const shape = batchShape(params);
  const update = createUpdate(model.weights.variables, params.train);
  const engine = await createEngine(model, update, shape, params);
  const loader = createLoader(params.data.workers);
  const { value } = await loader.ordered(splits.train, shape).next();
  const batch = toTensors(value);
  const how = { loader, shape, params, signal: new AbortController().signal };
  const rates = { learning_rate: 0.002, min_learning_rate: 0.00002, warmup_steps: 40 };
  const schedule = scheduleOf(params.train, rates, MOST_STEPS);
  const reached = new Map<number, number>();
  for (let step = 1; step <= MOST_STEPS && (reached.get(step - 1) ?? 0) < 0.95; step++) {
    const { inputs, free } = stepInputs(batch, step, { learningRate: learningRateAt(step, schedule) });
    tf.dispose(engine.train(inputs) as object as tf.TensorContainer);
    free();
    if (step % BETWEEN_LOOKS > 0) continue;
    reached.set(step, (await validate(engine.validate, splits.train, how))!.metrics.mask.ap50 ?? 0);
  }
  disposeBatch(batch);
  await loader.close();
  engine.dispose();
  update.dispose();
  model.dispose();
  await rm(folder, { recursive: true });
  return reached;
}

it.each(['custom', 'transfer'] as const)(
  'learns four scenes by heart, %s with random weights: mask mAP50 of at least 0.95 on them',
  async (modelType) => {
    const reached = await learnByHeart({ model_type: modelType });
    const figures = [...reached].map(([step, ap50]) => `${step}: ${ap50.toFixed(3)}`).join(', ');
    process.stdout.write(`${modelType}: mask mAP50 by step ${figures}\n`);
    expect(Math.max(...reached.values())).toBeGreaterThanOrEqual(0.95);
  },
  600_000,
);
