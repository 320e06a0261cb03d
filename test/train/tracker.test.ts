import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareData } from '../../src/data/prepare.ts';
import type { Params } from '../../src/params/schema.ts';
import type { Tracker } from '../../src/tracking/tracker.ts';
import { createWandbTracker } from '../../src/tracking/wandb.ts';
import { runTraining } from '../../src/train/run.ts';
import { collectLog } from '../support/collect-log.ts';
import { tinyParams } from '../support/tiny-model.ts';

let folder: string;
let params: Params;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-tracker-'));
  params = tinyParams(folder);
  params.data.synthetic = { size: 128, train: 4, valid: 1, test: 1 };
  Object.assign(params.train, { epochs: 2, compile: false });
  params.tracking.images = 1;
  await prepareData(params, collectLog());
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Steps and validations of the whole run, in order. */
const WHOLE_RUN = ['step 1', 'step 2', 'valid 2', 'step 3', 'step 4', 'valid 4'];

/** A tracker that notes what it is told before it hands it on. */
function noting(tracker: Tracker, events: string[]): Tracker {
  return {
    ...tracker,
    log: (step, row) => {
      events.push(`${'train/loss' in row ? 'step' : 'valid'} ${step}`);
      return tracker.log(step, row);
    },
  };
}

/** Weights & Biases with a shell script in the place of its client. */
async function wandbWith(script: string, log: ReturnType<typeof collectLog>): Promise<Tracker> {
  const python = join(folder, 'python-stand-in');
  await writeFile(python, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const environment = { PATH: process.env.PATH, HOME: folder, WANDB_MODE: 'offline' };
  const means = { stage: 'train' as const, metricsFile: 'metrics.jsonl', log, environment, python };
  return createWandbTracker(params, { ...means, finishWaitMs: 300 })!;
}

const train = (tracker: Tracker) =>
  runTraining(params, { log: collectLog(), tracker, signal: new AbortController().signal });

describe('a step of training', () => {
  it('waits for no promise of its tracker', async () => {
    const events: string[] = [];
    const never = () => new Promise<void>(() => {});
    const tracker: Tracker = { log: never, show: never, summary: never, finish: never };
    const summary = await train(noting(tracker, events));
    expect(events).toEqual(WHOLE_RUN);
    expect(summary).toMatchObject({ steps: 4, epochs: 2 });
  }, 60_000);

  it('waits for no client that reads nothing: all are made, and the client is still there', async () => {
    const log = collectLog();
    const events: string[] = [];
    const told = join(folder, 'ended');
    const tracker = await wandbWith(`trap 'echo > ${told}; kill $!; exit' TERM\nsleep 60 & wait`, log);
    await train(noting(tracker, events));
    events.push('trained');
    await expect(readFile(told)).rejects.toThrow('ENOENT');
    await tracker.finish(0);
    events.push('client ended');
    await readFile(told);
    expect(events).toEqual([...WHOLE_RUN, 'trained', 'client ended']);
    expect(log.lines).toEqual([expect.stringContaining('was not done after 0.3 s')]);
  }, 60_000);

  it('goes on when the client is killed between two of them', async () => {
    const log = collectLog();
    const events: string[] = [];
    const tracker = await wandbWith(`echo $$ > ${join(folder, 'pid')}\nexec sleep 60`, log);
    const killing: Tracker = {
      ...tracker,
      log: (step, row) => {
        tracker.log(step, row);
        if (step === 1) killed = killed.then(kill);
      },
    };
    let killed = Promise.resolve();
    const kill = async () => {
      process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGKILL');
    };
    await train(noting(killing, events));
    await killed;
    await tracker.finish(0);
    expect(events).toEqual(WHOLE_RUN);
    expect(log.lines).toEqual([expect.stringMatching(/has stopped \(SIGKILL\)/)]);
  }, 60_000);
});
