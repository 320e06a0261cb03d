import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { disposeBatch, toTensors } from '../../src/data/batch.ts';
import { batchShape, orderedBatches } from '../../src/data/loader.ts';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { createOptimizer } from '../../src/train/optimizer.ts';
import { createTrainStep } from '../../src/train/step.ts';
import { readFigures } from '../../src/train/train-epoch.ts';
import { validate } from '../../src/train/validate.ts';
import { collectLog } from '../support/collect-log.ts';
import { testParams } from '../support/test-params.ts';

it('learns four scenes by heart: mask mAP50 of at least 0.9 on them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aerial-overfit-'));
  const params = testParams(folder);
  params.data.synthetic = { size: 128, train: 4, valid: 1, test: 1 };
  params.train.batch_size = 4;
  await prepareData(params, collectLog());
  const { splits } = await openPrepared(params.paths.prepared);
  const model = createMaskRcnn(params);
  const trainStep = createTrainStep(model, createOptimizer(model.weights, params.train), params);
  const shape = batchShape(params);
  const { value } = await orderedBatches(splits.train, shape).next();
  const batch = toTensors(value);
  for (let step = 1; step <= 400; step++) {
    const learningRate = tf.scalar(step < 300 ? 0.002 : 0.0004);
    const inputs = { batch, learningRate, step: tf.scalar(step), seed: tf.tensor1d([1, step], 'int32') };
    await readFigures(trainStep(inputs));
    tf.dispose([inputs.learningRate, inputs.step, inputs.seed]);
  }
  disposeBatch(batch);
  const validation = await validate(model, splits.train, {
    shape,
    params,
    signal: new AbortController().signal,
  });
  await rm(folder, { recursive: true });
  expect(validation!.metrics.mask.ap50).toBeGreaterThan(0.9);
});
