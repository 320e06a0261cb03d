import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { disposeBatch } from '../../../src/data/batch.ts';
import { batchShape } from '../../../src/data/host-batch.ts';
import { createMaskRcnn } from '../../../src/model/mask-rcnn.ts';
import type { HostTensor } from '../../../src/model/safetensors.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { createEngine } from '../../../src/train/engine/engine.ts';
import { createUpdate } from '../../../src/train/engine/update.ts';
import { stepInputs } from '../../support/step-inputs.ts';
import { tinyBatch } from '../../support/tiny-batch.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const folder = await mkdtemp(join(tmpdir(), 'aerial-engine-state-'));
const base = tinyParams(folder);
const batch = tinyBatch(base);
afterAll(async () => {
  disposeBatch(batch);
  await rm(folder, { recursive: true });
});

/** Every kind of memory that an update has: momentum and variance, averages, sums of gradients. */
async function createRun(compile: boolean, seed = base.seed) {
  const params = { ...base, seed, train: { ...base.train, compile, ema_decay: 0.9, accumulation_steps: 2 } };
  const model = createMaskRcnn(params);
  const update = createUpdate(model.weights.variables, params.train);
  const engine = await createEngine(model, update, batchShape(params), params);
  const variables = new Map([...model.weights.variables, ...update.state]);
  const dispose = () => {
    engine.dispose();
    update.dispose();
    model.dispose();
  };
  return { engine, variables, dispose };
}

type Run = Awaited<ReturnType<typeof createRun>>;

/** Batches of a step each; two make an update. */
function train({ engine }: Run, from: number, to: number): void {
  for (let step = from; step <= to; step++) {
    const { inputs, free } = stepInputs(batch, step, { learningRate: 0.002, last: step % 2 === 0 });
    tf.dispose(engine.train(inputs) as object as tf.TensorContainer);
    free();
  }
}

/** As bytes: millions of numbers take `toEqual` long, and it does not tell one NaN from another. */
function bits(state: ReadonlyMap<string, HostTensor>): Map<string, string> {
  const bytes = ({ values }: HostTensor) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
  return new Map([...state].map(([name, tensor]) => [name, bytes(tensor)]));
}

/** At every place that memory can have within 64 bytes, of which TensorFlow would use one as it is, without a copy. */
function inAlignedMemory(state: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  return new Map(
    [...state].map(([name, { shape, values }], i) => {
      const moved = new Float32Array(values.length + 16).subarray(i % 16, (i % 16) + values.length);
      moved.set(values);
      return [name, { shape, values: moved }];
    }),
  );
}

describe.each([
  ['compiled', true],
  ['op by op', false],
])('state of an engine, %s', (_, compile) => {
  it('is read with all weights and all that the update remembers, as they are now', async () => {
    const run = await createRun(compile);
    const fresh = await run.engine.readState();
    expect([...fresh.keys()]).toEqual([...run.variables.keys()]);
    for (const [name, { shape }] of fresh)
      expect([name, shape]).toEqual([name, run.variables.get(name)!.shape]);
    const before = bits(fresh);
    train(run, 1, 3);
    // What was read stays what it was; what is read now has all changed, but for what a third batch leaves at zero.
    expect(bits(fresh)).toEqual(before);
    const after = bits(await run.engine.readState());
    const unchanged = [...after].filter(([name, value]) => value === before.get(name)).map(([name]) => name);
    expect(unchanged).toEqual([]);
    run.dispose();
  }, 120_000);
  it('written and read back has the same bits, and is not changed by the steps that follow', async () => {
    const [source, target] = [await createRun(compile), await createRun(compile, base.seed + 1)];
    train(source, 1, 3);
    const state = inAlignedMemory(await source.engine.readState());
    const expected = bits(state);
    expect(bits(await target.engine.readState())).not.toEqual(expected);
    target.engine.writeState(state);
    expect(bits(await target.engine.readState())).toEqual(expected);
    train(target, 4, 5);
    expect(bits(state)).toEqual(expected);
    source.dispose();
    target.dispose();
  }, 120_000);
  it('lets training go on from there as if it had not stopped', async () => {
    const [whole, first, second] = [
      await createRun(compile),
      await createRun(compile),
      await createRun(compile, base.seed + 1),
    ];
    train(whole, 1, 5);
    train(first, 1, 3);
    second.engine.writeState(await first.engine.readState());
    train(second, 4, 5);
    expect(bits(await second.engine.readState())).toEqual(bits(await whole.engine.readState()));
    for (const run of [whole, first, second]) run.dispose();
  }, 120_000);
  it('keeps what is not named, and refuses what does not fit with nothing changed', async () => {
    const run = await createRun(compile);
    const before = await run.engine.readState();
    const [[name, { shape, values }], [other]] = [...before] as [[string, HostTensor], [string, HostTensor]];
    const ones = { shape, values: new Float32Array(values.length).fill(1) };
    expect(() =>
      run.engine.writeState(
        new Map([
          [name, ones],
          [other, { shape: [1, 2, 3], values: new Float32Array(6) }],
        ]),
      ),
    ).toThrow(`writeState: ${other} is [1,2,3], expected [${before.get(other)!.shape}]`);
    expect(() =>
      run.engine.writeState(
        new Map([
          [name, ones],
          ['nobody', ones],
        ]),
      ),
    ).toThrow('writeState: the steps have no variable nobody');
    expect(bits(await run.engine.readState())).toEqual(bits(before));
    run.engine.writeState(new Map([[name, ones]]));
    expect(bits(await run.engine.readState())).toEqual(bits(new Map([...before, [name, ones]])));
    run.dispose();
  }, 120_000);
  it('leaves no tensor behind', async () => {
    const run = await createRun(compile);
    const before = tf.memory().numTensors;
    run.engine.writeState(await run.engine.readState());
    expect(tf.memory().numTensors).toBe(before);
    run.dispose();
  }, 120_000);
});
