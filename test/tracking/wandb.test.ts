import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadParams } from '../../src/params/load.ts';
import type { Params } from '../../src/params/schema.ts';
import { UsageError } from '../../src/system/errors.ts';
import { createWandbTracker, type WandbOptions } from '../../src/tracking/wandb.ts';
import { environmentFor, type FakeWandb, startFakeWandb } from './fake-wandb.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const OWN_PYTHON = join(ROOT, '.tools/python/bin/python');
const python = existsSync(OWN_PYTHON) ? OWN_PYTHON : 'python3';
const hasWandb = (await execa(python, ['-c', 'import wandb; wandb.init'], { reject: false })).exitCode === 0;
if (!hasWandb)
  console.warn(`Tests of the W&B client are skipped: ${python} has no wandb ("make setup" installs it)`);

let folder: string;
let png: Uint8Array;
let lines: string[];
let params: Params;
const servers: FakeWandb[] = [];
const log = { info: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(line) };

beforeAll(async () => {
  png = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
});

beforeEach(async () => {
  lines = [];
  folder = await mkdtemp(join(tmpdir(), 'aerial-wandb-'));
  params = await loadParams(join(ROOT, 'params.yaml'), [
    `paths.runs=${folder}/runs`,
    'tracking.project=roofs',
  ]);
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function fakeServer(port?: number): Promise<FakeWandb> {
  const server = await startFakeWandb(port);
  servers.push(server);
  return server;
}

function createTracker(environment: NodeJS.ProcessEnv, more: Partial<WandbOptions> = {}) {
  const tracker = createWandbTracker(params, {
    stage: 'train',
    metricsFile: 'metrics.jsonl',
    log,
    python,
    environment: { PATH: process.env.PATH, HOME: folder, ...environment },
    ...more,
  });
  if (tracker === null) throw new Error('Tracking is disabled');
  return tracker;
}

/** A program in the place of Python. */
async function standIn(script: string): Promise<string> {
  const path = join(folder, 'python-stand-in');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const pidFile = () => join(folder, 'pid');
/** Python that leaves its process number in `pidFile`. */
const tellingPython = () => standIn(`echo $$ > ${pidFile()}\nexec ${python} "$@"`);

async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline)
      throw new Error(`Waited in vain for ${condition}; said so far:\n${lines.join('\n')}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

const readPid = async () => Number(await readFile(pidFile(), 'utf8'));
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Runs the `wandb sync ...` command that a line for the user holds, against a server. */
async function runSyncCommand(line: string, server: FakeWandb): Promise<void> {
  const command = /: (\S*wandb sync .*)$/.exec(line)?.[1];
  expect(command, line).toBeDefined();
  await execa('sh', ['-c', command!], { env: environmentFor(server, folder), extendEnv: false, cwd: ROOT });
}

function expectWholeRun(server: FakeWandb): void {
  expect(server.rows.get(1)).toMatchObject({ 'train/loss': 0.5, 'train/norm': null });
  expect(server.rows.get(2)).toMatchObject({ 'train/loss': 0.25, epoch: 1, 'valid/mask_ap': 0.125 });
  expect(server.summary).toMatchObject({ best: 0.75 });
  expect(server.config).toMatchObject({
    train: { value: { epochs: params.train.epochs } },
    seed: { value: params.seed },
  });
  const picture = server.rows.get(2)?.['valid/comparison_0'] as { path: string; caption: string };
  expect(picture).toMatchObject({ _type: 'image-file', caption: 'a tile', width: 40, height: 20 });
  expect(server.files.get(picture.path)?.subarray(1, 4).toString()).toBe('PNG');
}

function logWholeRun(tracker: ReturnType<typeof createTracker>): void {
  tracker.log(1, { 'train/loss': 0.5, 'train/norm': Number.NaN });
  tracker.log(2, { 'train/loss': 0.25 });
  tracker.log(2, { epoch: 1, 'valid/mask_ap': 0.125 });
  tracker.image(2, 'valid/comparison_0', png, 'a tile');
  tracker.summary({ best: 0.75 });
}

describe.skipIf(!hasWandb)('createWandbTracker with the official client', () => {
  it('brings rows, pictures, summary and params to the server', { timeout: 30_000 }, async () => {
    const server = await fakeServer();
    const tracker = createTracker({ ...environmentFor(server, folder), DVC_EXP_NAME: 'brave-roof' });
    logWholeRun(tracker);
    await tracker.finish(0);
    expectWholeRun(server);
    expect(server.run).toMatchObject({
      project: 'roofs',
      displayName: 'brave-roof',
      groupName: 'brave-roof',
      jobType: 'train',
    });
    expect(JSON.stringify(server.config._wandb)).toContain('valid/*');
    expect(server.exitCode).toBe(0);
    expect(lines).toEqual([expect.stringContaining(`${server.url}/team/roofs/runs/`)]);
  });

  it('records offline without a key, and says once how to upload, which works', {
    timeout: 60_000,
  }, async () => {
    const tracker = createTracker({ WANDB_API_KEY: '' });
    logWholeRun(tracker);
    await tracker.finish(0);
    expect(lines).toEqual([
      expect.stringMatching(/recorded offline; to upload it: .*wandb sync \S+\/offline-run-\S+$/),
    ]);
    const server = await fakeServer();
    await runSyncCommand(lines[0]!, server);
    expectWholeRun(server);
  });

  it('records offline with WANDB_MODE=offline, and calls no server', { timeout: 30_000 }, async () => {
    const server = await fakeServer();
    const tracker = createTracker({ ...environmentFor(server, folder), WANDB_MODE: 'offline' });
    tracker.log(1, { loss: 1 });
    await tracker.finish(0);
    expect(server.run).toEqual({});
    expect(lines).toEqual([expect.stringContaining('recorded offline')]);
  });

  it('says that there is no key when it was told to be online', { timeout: 30_000 }, async () => {
    const tracker = createTracker({ WANDB_MODE: 'online' });
    tracker.log(1, { loss: 1 });
    await tracker.finish(0);
    expect(lines).toEqual([
      expect.stringMatching(/cannot go online \(.*No API key.*\): recording offline/),
      expect.stringContaining('recorded offline'),
    ]);
  });

  it('ends in time when the server goes away, and loses nothing', { timeout: 90_000 }, async () => {
    const server = await fakeServer();
    const port = Number(new URL(server.url).port);
    const tracker = createTracker(environmentFor(server, folder), { finishWaitMs: 3000 });
    await until(() => lines.length > 0);
    await server.close();
    logWholeRun(tracker);
    const before = Date.now();
    await tracker.finish(0);
    expect(Date.now() - before).toBeLessThan(6500);
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(
        /not done after 3 s; the figures are in metrics.jsonl; .*: .*wandb sync --include-online /,
      ),
    ]);
    const again = await fakeServer(port);
    await runSyncCommand(lines[1]!, again);
    expectWholeRun(again);
  });

  it('says once that the client was killed, and goes on', { timeout: 30_000 }, async () => {
    const tracker = createTracker({ WANDB_MODE: 'offline' }, { python: await tellingPython() });
    tracker.log(1, { loss: 1 });
    await until(() => existsSync(join(folder, 'runs', 'wandb', 'latest-run')));
    process.kill(await readPid(), 'SIGKILL');
    await until(() => lines.length > 0);
    for (let step = 2; step < 50; step++) tracker.log(step, { loss: step });
    tracker.image(50, 'picture', png, '');
    tracker.summary({ best: 1 });
    await tracker.finish(0);
    expect(lines).toEqual([
      expect.stringMatching(/has stopped \(SIGKILL.*\); the figures are in metrics.jsonl/),
    ]);
  });

  it('closes the run and leaves when this process is killed, untouched by Ctrl-C before', {
    timeout: 60_000,
  }, async () => {
    const code = `
      import { createWandbTracker } from '${ROOT}/src/tracking/wandb.ts';
      import { loadParams } from '${ROOT}/src/params/load.ts';
      const params = await loadParams('${ROOT}/params.yaml', ['paths.runs=${folder}/runs']);
      const log = { info: console.log, warn: console.log };
      process.on('SIGINT', () => console.log('interrupted'));
      const tracker = createWandbTracker(params, { stage: 'train', metricsFile: '', log, environment: process.env, python: '${await tellingPython()}' });
      let step = 0;
      setInterval(() => tracker.log(++step, { loss: 1 / step }), 20);`;
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
      detached: true, // a process group of its own, as a shell gives to what runs in the terminal
      env: { PATH: process.env.PATH, HOME: folder, WANDB_MODE: 'offline' },
    });
    let said = '';
    parent.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    await until(() => existsSync(join(folder, 'runs', 'wandb', 'latest-run')));
    const pid = await readPid();
    process.kill(-parent.pid!, 'SIGINT'); // what Ctrl-C does
    await until(() => said.includes('interrupted'));
    await new Promise((wake) => setTimeout(wake, 500));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid), 18_000);
    const server = await fakeServer();
    await runSyncCommand(
      `: ${python.includes('/') ? `${join(ROOT, '.tools/python/bin/')}` : ''}wandb sync ${folder}/runs/wandb/latest-run`,
      server,
    );
    expect(server.rows.size).toBeGreaterThan(5);
    expect(server.exitCode).toBe(1);
  });

  it('leaves W&B out when its Python has no wandb', { timeout: 30_000 }, async () => {
    const tracker = createTracker({}, { python: await standIn(`exec ${python} -S "$@"`) });
    tracker.log(1, { loss: 1 });
    await until(() => lines.length > 0);
    tracker.log(2, { loss: 1 });
    await tracker.finish(0);
    expect(lines).toEqual([
      expect.stringMatching(/left out: .* has no wandb \(make setup installs it, .*metrics.jsonl/),
    ]);
  });
});

describe('createWandbTracker', () => {
  it('leaves W&B out when there is no Python', async () => {
    const tracker = createTracker({}, { python: join(folder, 'no', 'python') });
    tracker.log(1, { loss: 1 });
    await tracker.finish(0);
    expect(lines).toEqual([expect.stringMatching(/left out: there is no .*metrics.jsonl/)]);
  });

  it('never waits for a client that hangs: it drops, says so once, and ends it', {
    timeout: 30_000,
  }, async () => {
    const tracker = createTracker({}, { python: await standIn('exec sleep 60'), finishWaitMs: 300 });
    const picture = new Uint8Array(2 ** 20);
    const before = Date.now();
    const memory = process.memoryUsage().rss;
    for (let step = 1; step <= 200; step++) tracker.image(step, 'picture', picture, '');
    expect(Date.now() - before).toBeLessThan(5000);
    expect(process.memoryUsage().rss - memory).toBeLessThan(200 * 2 ** 20);
    await tracker.finish(0);
    expect(lines).toEqual([
      expect.stringContaining('lags too far behind'),
      expect.stringContaining('was not done after 0.3 s'),
    ]);
  });

  it('is nothing where it is disabled, and refuses a mode that it does not know', () => {
    const options = { stage: 'train' as const, metricsFile: '', log, python: 'none' };
    expect(createWandbTracker(params, { ...options, environment: { WANDB_MODE: 'disabled' } })).toBeNull();
    const wrong = () => createWandbTracker(params, { ...options, environment: { WANDB_MODE: 'onlin' } });
    expect(wrong).toThrow(UsageError);
    expect(wrong).toThrow('WANDB_MODE must be online, offline or disabled, got "onlin"');
  });
});

afterAll(() => {
  expect(servers).toEqual([]);
});
