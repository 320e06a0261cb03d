import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { disposeBatch } from '../../../src/data/batch.ts';
import { batchShape } from '../../../src/data/host-batch.ts';
import { compileProgram } from '../../../src/graph/program.ts';
import { createMaskRcnn } from '../../../src/model/mask-rcnn.ts';
import type { Params } from '../../../src/params/schema.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { createEngine } from '../../../src/train/engine/engine.ts';
import { createTrainStep } from '../../../src/train/engine/step.ts';
import { readFigures, readStepFigures, type StepFigures } from '../../../src/train/engine/step-figures.ts';
import { createUpdate } from '../../../src/train/engine/update.ts';
import { createValidationStep } from '../../../src/train/engine/validation-step.ts';
import { stepInputs } from '../../support/step-inputs.ts';
import { tinyBatch } from '../../support/tiny-batch.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const folder = await mkdtemp(join(tmpdir(), 'aerial-engine-'));
const base = tinyParams(folder);
base.model.transfer.backbone = 'resnet18';
const batch = tinyBatch(base);
afterAll(async () => {
  disposeBatch(batch);
  await rm(folder, { recursive: true });
});

async function createRun(train: Partial<Params['train']>) {
  const params = { ...base, train: { ...base.train, ...train } };
  const model = createMaskRcnn(params);
  const update = createUpdate(model.weights.variables, params.train);
  const engine = await createEngine(model, update, batchShape(params), params);
  return { params, model, update, engine };
}

type Run = Awaited<ReturnType<typeof createRun>>;

async function trainSteps({ engine, params }: Run, steps: number): Promise<StepFigures[]> {
  const figures: StepFigures[] = [];
  for (let step = 1; step <= steps; step++) {
    const last = step % params.train.accumulation_steps === 0;
    const { inputs, free } = stepInputs(batch, step, { learningRate: 0.002, last });
    figures.push(await readStepFigures(engine.train(inputs)));
    free();
  }
  return figures;
}

/** What the model would be saved with, as a hash of the bits of each weight: there are millions of numbers. */
function saved({ engine, update }: Run): Map<string, string> {
  engine.fetchAverages();
  const hash = (values: Float32Array) => createHash('sha256').update(values).digest('hex');
  return new Map(
    [...update.averages].map(([name, variable]) => [name, hash(variable.dataSync() as Float32Array)]),
  );
}

async function validationOf({ engine }: Run) {
  const seed = tf.tensor1d([3, 0], 'int32');
  const { losses, predictions } = engine.validate({ batch, seed });
  const boxes = [...predictions.boxes.dataSync()];
  tf.dispose([seed, predictions]);
  return { boxes, ...(await readFigures(losses)) };
}

function dispose({ engine, update, model }: Run): void {
  engine.dispose();
  update.dispose();
  model.dispose();
}

const recipes: [string, Partial<Params['train']>, steps?: number][] = [
  ['adamw', {}],
  ['sgd with Nesterov’s momentum', { optimizer: 'sgd', nesterov: true }],
  ['moving averages and accumulation', { accumulation_steps: 2, ema_decay: 0.9 }],
  ['a ResNet', { model_type: 'transfer' }, 3],
];

describe('createEngine', () => {
  it.each(recipes)(
    'gives the same bits compiled as op by op: %s',
    async (_, recipe, steps = 8) => {
      const eager = await createRun({ ...recipe, compile: false });
      const compiled = await createRun({ ...recipe, compile: true });
      expect(compiled.engine.origin!.nodes).toBeGreaterThan(1000);
      expect(eager.engine.origin).toBe(null);
      expect(await trainSteps(compiled, steps)).toEqual(await trainSteps(eager, steps));
      expect(saved(compiled)).toEqual(saved(eager));
      expect(await validationOf(compiled)).toEqual(await validationOf(eager));
      dispose(eager);
      dispose(compiled);
    },
    60_000,
  );
  it('validates and saves the averages, not the weights that are being trained', async () => {
    const run = await createRun({ ema_decay: 0.99 });
    const before = await validationOf(run);
    await trainSteps(run, 3);
    const after = await validationOf(run);
    expect(after.total).not.toBe(before.total);
    const averages = saved(run);
    const plain = await createRun({});
    await trainSteps(plain, 3);
    expect(saved(plain)).not.toEqual(averages);
    // A model that has the averages for weights gives the same validation.
    for (const [name, variable] of plain.model.weights.variables) {
      variable.assign(run.update.averages.get(name)!);
    }
    const resumed = await createEngine(plain.model, plain.update, batchShape(base), base);
    expect((await validationOf({ ...plain, engine: resumed })).total).toBe(after.total);
    resumed.dispose();
    dispose(run);
    dispose(plain);
  }, 60_000);
  it('changes the weights at the last of the batches that are accumulated, and only then', async () => {
    const run = await createRun({ accumulation_steps: 2 });
    const before = saved(run);
    await trainSteps(run, 1);
    expect(saved(run)).toEqual(before);
    await trainSteps(run, 2);
    expect(saved(run)).not.toEqual(before);
    dispose(run);
  }, 60_000);
  it('saves the weights as they are after training', async () => {
    const run = await createRun({});
    const before = saved(run);
    await trainSteps(run, 2);
    const after = saved(run);
    const unchanged = [...after].filter(([name, bits]) => bits === before.get(name));
    expect(unchanged.map(([name]) => name)).toEqual([]);
    dispose(run);
  }, 60_000);
  it.each(['bfloat16', 'float16'] as const)(
    'learns alike in %s',
    async (precision) => {
      const [full, low] = [await createRun({}), await createRun({ precision })];
      const totals = async (run: Run) => (await trainSteps(run, 20)).map(({ losses }) => losses.total);
      const [a, b] = [await totals(full), await totals(low)];
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(b).not.toEqual(a);
      expect(Math.abs(b[0]! / a[0]! - 1)).toBeLessThan(0.01);
      expect(Math.abs(mean(b) / mean(a) - 1)).toBeLessThan(0.1);
      dispose(full);
      dispose(low);
    },
    60_000,
  );
  it('leaves no tensor behind', async () => {
    dispose(await createRun({ ema_decay: 0.9 }));
    const before = tf.memory().numTensors;
    const run = await createRun({ ema_decay: 0.9 });
    const running = tf.memory().numTensors;
    await trainSteps(run, 10);
    await validationOf(run);
    run.engine.fetchAverages();
    expect(tf.memory().numTensors).toBe(running);
    dispose(run);
    expect(tf.memory().numTensors).toBe(before);
  }, 60_000);
  it('has steps that depend on nothing but their inputs and variables', async () => {
    const model = createMaskRcnn(base);
    const update = createUpdate(model.weights.variables, base.train);
    const { inputs, free } = stepInputs(batch, 1);
    const step = createTrainStep(model, update, base);
    const validation = createValidationStep(model, update, base);
    const program = await compileProgram(
      {
        train: { fn: step, exampleInputs: inputs },
        validate: { fn: validation, exampleInputs: { batch, seed: inputs.seed } },
      },
      {
        state: new Map([...model.weights.variables, ...update.state]),
        constants: [model.anchors.boxes],
        verify: true,
      },
    );
    expect(program.origin.nodes).toBeGreaterThan(1000);
    program.dispose();
    free();
    update.dispose();
    model.dispose();
  }, 60_000);
  it('finds its graphs in the cache at the next start', async () => {
    dispose(await createRun({}));
    const again = await createRun({});
    expect(again.engine.origin!.cached).toBe(true);
    expect(await trainSteps(again, 2)).toHaveLength(2);
    dispose(again);
  }, 60_000);
});
