import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchShape } from '../../src/data/host-batch.ts';
import { createLoader } from '../../src/data/loader.ts';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import type { Params } from '../../src/params/schema.ts';
import type { TrainStep } from '../../src/train/engine/step.ts';
import { makeUpdates, type UpdateEvent, type UpdatesOptions } from '../../src/train/make-updates.ts';
import { scheduleOf } from '../../src/train/phases/schedule.ts';
import type { BadStep } from '../../src/train/trouble/bad-step.ts';
import { collectLog } from '../support/collect-log.ts';
import { stepOutputs } from '../support/step-outputs.ts';
import { tinyParams } from '../support/tiny-model.ts';

let folder: string;
let params: Params;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-epoch-'));
  params = tinyParams(folder);
  params.data.synthetic = { size: 128, train: 5, valid: 1, test: 1 };
  await prepareData(params, collectLog());
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

interface Told {
  step: number;
  last: boolean;
  draw: number;
  rate: number;
  images: string[];
}

/** A step that only notes what it is told; its loss is the number of the call, unless `lossOf` the draw says otherwise. */
async function passOver(
  count: number,
  train: Partial<Params['train']>,
  options: Partial<UpdatesOptions<string>> = {},
  lossOf: (draw: number) => number | undefined = () => undefined,
) {
  const { splits } = await openPrepared(params.paths.prepared);
  const told: Told[] = [];
  const images = Array.from({ length: count }, (_, i) => splits.train[i % splits.train.length]!);
  const settings = { ...params, train: { ...params.train, ...train } };
  const loader = createLoader(0);
  let current: string[] = [];
  const noting = {
    ...loader,
    training: async function* (...args: Parameters<typeof loader.training>) {
      for await (const batch of loader.training(...args)) {
        current = batch.sources.map(({ name }) => name);
        yield batch;
      }
    },
  };
  const trainStep: TrainStep = ({ step, last, seed, learningRate }) => {
    const [at, isLast, draw] = [step.dataSync()[0]!, last.dataSync()[0] === 1, seed.dataSync()[1]!];
    const rate = learningRate.dataSync()[0]!;
    told.push({ step: at, last: isLast, draw, rate, images: current });
    return stepOutputs(lossOf(draw) ?? told.length, 1, isLast);
  };
  const events: UpdateEvent<string>[] = [];
  const rates = { learning_rate: 0.1, min_learning_rate: 0.1, warmup_steps: 0 };
  for await (const event of makeUpdates<string>({
    ...{ loader: noting, images, shape: batchShape(settings), params: settings, trainStep },
    schedule: scheduleOf(settings.train, rates, 100),
    groups: { base: 1, stage5: 0.5 },
    place: { epoch: 2, updates: 0, steps: 10, stepsBeforePhase: 4 },
    ...{ rateFactor: 1, excluded: [], timeUsed: () => 0, signal: new AbortController().signal },
    examine: async ({ step, terms }: BadStep) => `${terms[0]!.name} at ${step}, batch ${told.length}`,
    ...options,
  })) {
    events.push(event);
  }
  return { told, events };
}

const numbers = ({ step, last, draw }: Told) => ({ step, last, draw });
const kinds = (events: UpdateEvent<string>[]) => events.map(({ kind, step }) => [kind, step]);

it('makes an update of every group of batches, the last of what is left, counted from the phase on', async () => {
  const { told, events } = await passOver(5, { accumulation_steps: 2 });
  expect(told.map(numbers)).toEqual([
    { step: 7, last: false, draw: 21 },
    { step: 7, last: true, draw: 22 },
    { step: 8, last: true, draw: 23 },
  ]);
  expect(kinds(events)).toEqual([
    ['made', 11],
    ['made', 12],
  ]);
  const reports = events.map((event) => (event.kind === 'made' ? event.report : null)!);
  expect(reports.map(({ step, epoch, figures }) => [step, epoch, figures.losses.total])).toEqual([
    [11, 2, 1.5],
    [12, 2, 3],
  ]);
  expect(reports[0]!.rates).toEqual({ base: 0.1, stage5: 0.05 });
  expect(reports[0]!.seconds.step).toBeGreaterThan(0);
});

it.each([
  [{ accumulation_steps: 1 }, [0, 1, 2]],
  [{ accumulation_steps: 2 }, [0, 1]],
])('begins after any number of updates as if it had made those before: %j', async (train, updatesBehind) => {
  const whole = await passOver(5, train);
  for (const updates of updatesBehind) {
    const place = { epoch: 2, updates, steps: 10 + updates, stepsBeforePhase: 4 };
    const rest = await passOver(5, train, { place });
    expect(rest.told).toEqual(whole.told.slice(updates * train.accumulation_steps));
    expect(kinds(rest.events)).toEqual(kinds(whole.events).slice(updates));
  }
});

it('has nothing to do where all updates are behind, or the time is over', async () => {
  const behind = { epoch: 2, updates: 3, steps: 13, stepsBeforePhase: 4 };
  expect((await passOver(5, {}, { place: behind })).told).toEqual([]);
  const timeUsed = () => 1;
  expect((await passOver(5, {}, { place: { ...behind, updates: 1, steps: 11 }, timeUsed })).told).toEqual([]);
  expect(kinds((await passOver(5, {}, { timeUsed })).events)).toEqual([['made', 11]]);
});

it('leaves out the steps that it is told, and the others are as they would have been', async () => {
  const whole = await passOver(5, { accumulation_steps: 2 });
  const { told, events } = await passOver(5, { accumulation_steps: 2 }, { excluded: [11] });
  expect(kinds(events)).toEqual([
    ['excluded', 11],
    ['made', 12],
  ]);
  expect(told).toEqual(whole.told.slice(2));
});

it('multiplies the learning rate', async () => {
  const { told } = await passOver(5, {}, { rateFactor: 0.5 });
  expect(told.map(({ rate }) => rate)).toEqual(told.map(() => Math.fround(0.05)));
});

it('goes through the group of a bad batch to its end, has it examined once, and reports no figures of it', async () => {
  const lossOf = (draw: number) => (draw === 21 || draw === 22 ? Number.NaN : undefined);
  const { told, events } = await passOver(5, { accumulation_steps: 2 }, {}, lossOf);
  expect(told).toHaveLength(3);
  expect(events[0]).toEqual({ kind: 'bad', step: 11, bad: 'objectness at 11, batch 1' });
  expect(kinds(events)).toEqual([
    ['bad', 11],
    ['made', 12],
  ]);
});

it('stops between two batches when it is told to', async () => {
  const controller = new AbortController();
  const lossOf = () => void controller.abort();
  const { told, events } = await passOver(
    5,
    { accumulation_steps: 2 },
    { signal: controller.signal },
    lossOf,
  );
  expect(told).toHaveLength(1);
  expect(events).toEqual([]);
});
