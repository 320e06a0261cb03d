import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { disposeBatch, toTensors } from '../../src/data/batch.ts';
import { batchShape, orderedBatches } from '../../src/data/loader.ts';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import { createEngine } from '../../src/train/engine.ts';
import { readFigures } from '../../src/train/train-epoch.ts';
import { createUpdate } from '../../src/train/update.ts';
import { validate } from '../../src/train/validate.ts';
import { collectLog } from '../support/collect-log.ts';
import { stepInputs } from '../support/step-inputs.ts';
import { testParams } from '../support/test-params.ts';

it('learns four scenes by heart: mask mAP50 of at least 0.9 on them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aerial-overfit-'));
  const params = testParams(folder);
  params.data.synthetic = { size: 128, train: 4, valid: 1, test: 1 };
  params.train.batch_size = 4;
  await prepareData(params, collectLog());
  const { splits } = await openPrepared(params.paths.prepared);
  const model = createMaskRcnn(params);
  const shape = batchShape(params);
  const update = createUpdate(model.weights.variables, params.train);
  const engine = await createEngine(model, update, shape, params);
  const { value } = await orderedBatches(splits.train, shape).next();
  const batch = toTensors(value);
  for (let step = 1; step <= 400; step++) {
    const { inputs, free } = stepInputs(batch, step, { learningRate: step < 300 ? 0.002 : 0.0004 });
    await readFigures(engine.train(inputs));
    free();
  }
  disposeBatch(batch);
  const validation = await validate(engine.validate, splits.train, {
    shape,
    params,
    signal: new AbortController().signal,
  });
  await rm(folder, { recursive: true });
  expect(validation!.metrics.mask.ap50).toBeGreaterThan(0.9);
});
