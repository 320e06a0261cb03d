/** Multi-scale training: one program with a training step for each size. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Batch, disposeBatch } from '../../../src/data/batch.ts';
import { batchShape } from '../../../src/data/host-batch.ts';
import { createMaskRcnn } from '../../../src/model/mask-rcnn.ts';
import type { HostTensor } from '../../../src/model/safetensors.ts';
import type { Params } from '../../../src/params/schema.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { createEngine } from '../../../src/train/engine/engine.ts';
import { readStepFigures, type StepFigures } from '../../../src/train/engine/step-figures.ts';
import { createUpdate } from '../../../src/train/engine/update.ts';
import { stepInputs } from '../../support/step-inputs.ts';
import { tinyBatch } from '../../support/tiny-batch.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const folder = await mkdtemp(join(tmpdir(), 'aerial-engine-sizes-'));
const base = tinyParams(folder);
// Everything in the loss that counts in pixels has a part in it.
Object.assign(base.loss, { touching_weight: 1, boundary_weight: 1 });

function at(imageSize: number, train: Partial<Params['train']> = {}): Params {
  return { ...base, data: { ...base.data, image_size: imageSize }, train: { ...base.train, ...train } };
}

const batches = new Map([64, 96].map((size) => [size, tinyBatch(at(size))]));
afterAll(async () => {
  for (const batch of batches.values()) disposeBatch(batch);
  await rm(folder, { recursive: true });
});

async function createRun(params: Params) {
  const model = createMaskRcnn(params);
  const update = createUpdate(model.weights.variables, params.train);
  const engine = await createEngine(model, update, batchShape(params), params);
  const dispose = () => {
    engine.dispose();
    update.dispose();
    model.dispose();
  };
  return { engine, dispose };
}

type Run = Awaited<ReturnType<typeof createRun>>;

/** One update with a batch of each of these sizes. */
async function train({ engine }: Run, sizes: readonly number[]): Promise<StepFigures[]> {
  const figures: StepFigures[] = [];
  for (const [i, size] of sizes.entries()) {
    const { inputs, free } = stepInputs(batches.get(size)!, i + 1, { learningRate: 0.002 });
    figures.push(await readStepFigures(engine.train(inputs)));
    free();
  }
  return figures;
}

async function bits({ engine }: Run): Promise<Map<string, string>> {
  const bytes = ({ values }: HostTensor) => Buffer.from(values.buffer).toString('base64');
  return new Map([...(await engine.readState())].map(([name, tensor]) => [name, bytes(tensor)]));
}

function validationOf({ engine }: Run, batch: Batch): number[] {
  const seed = tf.tensor1d([3, 0], 'int32');
  const { losses, predictions } = engine.validate({ batch, seed });
  const numbers = [...losses.total.dataSync(), ...predictions.boxes.dataSync()];
  tf.dispose([seed, losses, predictions] as tf.TensorContainer);
  return numbers;
}

const multi = { image_sizes: [64, 96] };

describe('createEngine with train.image_sizes', () => {
  it.each([
    ['compiled', true, 96],
    ['op by op', false, 64],
    ['op by op', false, 96],
  ] as const)(
    'trains on batches of one size as an engine of that size alone does, bit by bit: %s, %s, %i px',
    async (_, compile, size) => {
      const several = await createRun(at(64, { ...multi, compile }));
      const alone = await createRun(at(size, { compile }));
      const figures = await train(several, [size, size, size]);
      expect(figures.every(({ losses, gradientNorm }) => losses.total > 0 && gradientNorm > 0)).toBe(true);
      expect(figures).toEqual(await train(alone, [size, size, size]));
      // With the optimizer's memory, which after one step is the gradient itself.
      expect(await bits(several)).toEqual(await bits(alone));
      several.dispose();
      alone.dispose();
    },
    120_000,
  );
  it('changes one state by batches of all sizes, compiled as op by op', async () => {
    const [compiled, eager] = [
      await createRun(at(64, multi)),
      await createRun(at(64, { ...multi, compile: false })),
    ];
    const order = [64, 96, 96, 64, 96];
    expect(await train(compiled, order)).toEqual(await train(eager, order));
    expect(await bits(compiled)).toEqual(await bits(eager));
    const other = await createRun(at(64, multi));
    await train(other, [64, 64, 96, 64, 96]);
    expect(await bits(other)).not.toEqual(await bits(compiled));
    for (const run of [compiled, eager, other]) run.dispose();
  }, 120_000);
  it('validates in data.image_size, also where that is none of them', async () => {
    const several = await createRun(at(64, { image_sizes: [96] }));
    await train(several, [96, 96]);
    const alone = await createRun(at(64, { compile: false }));
    alone.engine.writeState(await several.engine.readState());
    const found = validationOf(several, batches.get(64)!);
    expect(found).toEqual(validationOf(alone, batches.get(64)!));
    several.dispose();
    alone.dispose();
  }, 120_000);
  it('refuses a batch of another size, compiled as op by op', async () => {
    for (const compile of [true, false]) {
      const run = await createRun(at(64, { image_sizes: [96], compile }));
      await expect(train(run, [64])).rejects.toThrow('train: expected images of 96 pixels, got 64');
      run.dispose();
    }
  }, 120_000);
  it('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    for (const compile of [true, false]) {
      const run = await createRun(at(64, { ...multi, compile }));
      await train(run, [64, 96]);
      run.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  }, 120_000);
});
