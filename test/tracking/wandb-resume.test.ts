import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTracker } from '../../src/tracking/create-tracker.ts';
import type { Tracker } from '../../src/tracking/tracker.ts';
import { createTrackingId } from '../../src/tracking/tracking-id.ts';
import { environmentFor, type FakeWandb } from './fake-wandb.ts';
import { createBench, noClient } from './wandb-bench.ts';

const RUN_ID = 'roof2026';

let bench: Awaited<ReturnType<typeof createBench>>;

beforeEach(async () => {
  bench = await createBench();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await bench.close();
});

/** Rows of these steps, as training logs them. */
function logSteps(tracker: Tracker, from: number, to: number, part: number): void {
  for (let step = from; step <= to; step++) tracker.log(step, { 'train/loss': step, part });
}

const stepsAndParts = (server: FakeWandb) => server.history.map(({ _step, part }) => [_step, part]);

/** The tracker of the train stage, as `WANDB_MODE` and so on say. */
function trainTracker(environment: NodeJS.ProcessEnv, resumeStep: number | null): Promise<Tracker> {
  for (const [name, value] of Object.entries({ WANDB_API_KEY: '', ...environment })) vi.stubEnv(name, value);
  const folder = join(bench.folder, 'runs', 'train');
  return createTracker(bench.params, { stage: 'train', folder, log: bench.log, runId: RUN_ID, resumeStep });
}

describe('a run that is resumed', () => {
  beforeEach((context) => context.skip(noClient !== '', noClient));

  it('goes on online in the same run, without the steps that are there', { timeout: 60_000 }, async () => {
    const server = await bench.server();
    const environment = { ...environmentFor(server, bench.folder), WANDB_MODE: 'online' };
    const first = await trainTracker(environment, null);
    logSteps(first, 1, 5, 1);
    await first.finish(1);
    const second = await trainTracker(environment, 3);
    second.log(4, { again: 1 });
    logSteps(second, 4, 5, 2);
    // The first part may have ended before it had this.
    second.log(5, { epoch: 1, 'valid/mask_ap': 0.25 });
    logSteps(second, 6, 7, 2);
    second.summary({ best: 0.5 });
    await second.finish(0);
    expect(server.run.name).toBe(RUN_ID);
    expect(stepsAndParts(server)).toEqual([1, 2, 3, 4, 5, 6, 7].map((step) => [step, step > 5 ? 2 : 1]));
    expect(server.rows.get(6)).toMatchObject({ 'train/loss': 6, epoch: 1, 'valid/mask_ap': 0.25 });
    expect(server.rows.get(6)).not.toHaveProperty('again');
    expect(server.summary).toMatchObject({ best: 0.5, 'train/loss': 7 });
    expect(server.exitCode).toBe(0);
  });

  it('has parts on disk when it is offline, which one command brings to the server as one run', {
    timeout: 90_000,
  }, async () => {
    const first = await trainTracker({ WANDB_MODE: 'offline' }, null);
    logSteps(first, 1, 5, 1);
    await first.finish(1);
    const second = await trainTracker({ WANDB_MODE: 'offline' }, 3);
    logSteps(second, 4, 7, 2);
    await second.finish(0);
    const parts = readdirSync(join(bench.folder, 'runs', 'wandb')).filter((name) => name.startsWith('off'));
    expect(parts.map((name) => name.endsWith(`-${RUN_ID}`))).toEqual([true, true]);
    expect(bench.lines.at(-1)).toMatch(/wandb sync \S+\/offline-run-\*-roof2026$/);
    const server = await bench.server();
    await bench.runSyncCommand(bench.lines.at(-1)!, server);
    expect(stepsAndParts(server)).toEqual([1, 2, 3, 4, 5, 6, 7].map((step) => [step, step > 5 ? 2 : 1]));
    await bench.runSyncCommand(bench.lines.at(-1)!, server);
    expect(server.history).toHaveLength(7);
    const rows = await readFile(join(bench.folder, 'runs', 'train', 'metrics.jsonl'), 'utf8');
    const told = rows
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told.map(({ step, part }) => [step, part])).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((step) => [step, step > 3 ? 2 : 1]),
    );
  });

  it('keeps what was told first where training goes back on the way', { timeout: 60_000 }, async () => {
    const server = await bench.server();
    const tracker = await trainTracker(
      { ...environmentFor(server, bench.folder), WANDB_MODE: 'online' },
      null,
    );
    logSteps(tracker, 1, 5, 1);
    logSteps(tracker, 3, 6, 2);
    await tracker.finish(0);
    expect(stepsAndParts(server).filter(([step]) => step !== 5)).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [6, 2],
    ]);
  });
});

describe('createWandbTracker', () => {
  /** What its client is told first. */
  async function initMessage(environment: NodeJS.ProcessEnv, lastStep: number | null) {
    const told = join(bench.folder, 'told');
    const client = await bench.standIn(`head -n 1 > ${told}`);
    const tracker = bench.tracker(environment, { python: client, runId: RUN_ID, lastStep });
    await tracker.finish(0);
    return JSON.parse(await readFile(told, 'utf8'));
  }

  it('names the run and whether it goes on; what the agent of a sweep says of it wins', async () => {
    expect(await initMessage({}, null)).toMatchObject({ id: RUN_ID, resume: null, last_step: null });
    expect(await initMessage({ WANDB_RUN_ID: '' }, 7)).toMatchObject({
      id: RUN_ID,
      resume: 'allow',
      last_step: 7,
    });
    const sweep = { WANDB_RUN_ID: 'sweep001', WANDB_RESUME: 'must' };
    expect(await initMessage(sweep, 7)).toMatchObject({ id: null, resume: null });
  });
});

describe('createTracker', () => {
  it('leaves the rows and starts no client before the first row, be there a run to go on with or not', async () => {
    const folder = join(bench.folder, 'runs', 'train');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'metrics.jsonl'), '{"step":1}\n{"step":2}\n{"st');
    for (const resumeStep of [null, 1]) {
      const tracker = await trainTracker({ WANDB_MODE: 'offline' }, resumeStep);
      await tracker.finish(1);
    }
    expect(await readFile(join(folder, 'metrics.jsonl'), 'utf8')).toBe('{"step":1}\n{"step":2}\n{"st');
    expect(existsSync(join(bench.folder, 'runs', 'wandb'))).toBe(false);
  });
});

describe('createTrackingId', () => {
  it('is new each time, and such as a client takes, unless the environment has one', () => {
    const ids = Array.from({ length: 50 }, () => createTrackingId({ WANDB_RUN_ID: '' }));
    expect(new Set(ids).size).toBe(50);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]{8}$/);
    expect(createTrackingId({ WANDB_RUN_ID: 'sweep001' })).toBe('sweep001');
  });
});
