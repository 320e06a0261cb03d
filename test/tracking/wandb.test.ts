import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/system/errors.ts';
import type { Picture } from '../../src/tracking/tracker.ts';
import { createWandbTracker } from '../../src/tracking/wandb.ts';
import { environmentFor } from './fake-wandb.ts';
import {
  createBench,
  expectWholeRun,
  INIT_MESSAGE,
  logWholeRun,
  noClient,
  noPython,
  python,
  ROOT,
} from './wandb-bench.ts';

let bench: Awaited<ReturnType<typeof createBench>>;

beforeEach(async () => {
  bench = await createBench();
});

afterEach(() => bench.close());

const pidFile = () => join(bench.folder, 'pid');
/** Python that leaves its process number in `pidFile`. */
const tellingPython = () => bench.standIn(`echo $$ > ${pidFile()}\nexec ${python} "$@"`);
/** A client that does nothing, likewise. */
const tellingSleep = () => bench.standIn(`echo $$ > ${pidFile()}\nexec sleep 60`);
const readPid = () => Number(readFileSync(pidFile(), 'utf8'));
const runBegun = () => existsSync(join(bench.folder, 'runs', 'wandb', 'latest-run'));

/** So many are more than 32 MiB, as base64: what comes after is left out. */
const MOST_PICTURES = 24;

/** Pictures of 1 MiB, and how many of them were made into messages. */
function countedPictures() {
  const pictures = {
    sent: 0,
    next: (): Picture => ({
      kind: 'picture',
      png,
      get caption() {
        pictures.sent++;
        return '';
      },
    }),
  };
  const png = new Uint8Array(2 ** 20);
  return pictures;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('createWandbTracker with the official client', () => {
  beforeEach((context) => context.skip(noClient !== '', noClient));

  it('brings rows, pictures, summary and params to the server', async () => {
    const server = await bench.server();
    const tracker = bench.tracker({ ...environmentFor(server, bench.folder), DVC_EXP_NAME: 'brave-roof' });
    logWholeRun(tracker);
    await tracker.finish(0);
    expectWholeRun(server, bench.params);
    expect(server.run).toMatchObject({
      project: 'roofs',
      displayName: 'brave-roof',
      groupName: 'brave-roof',
      jobType: 'train',
    });
    expect(JSON.stringify(server.config._wandb)).toContain('valid/*');
    expect(server.exitCode).toBe(0);
    expect(bench.lines).toEqual([expect.stringContaining(`${server.url}/team/roofs/runs/`)]);
  });

  it('records offline without a key, and says once how to upload, which works', {
    timeout: 60_000,
  }, async () => {
    const tracker = bench.tracker({ WANDB_API_KEY: '', WANDB_BASE_URL: '', WANDB_MODE: '' });
    logWholeRun(tracker);
    await tracker.finish(0);
    expect(bench.lines).toEqual([
      expect.stringMatching(/recorded offline; to upload it: .*wandb sync \S+\/offline-run-\S+$/),
    ]);
    const server = await bench.server();
    await bench.runSyncCommand(bench.lines[0]!, server);
    expectWholeRun(server, bench.params);
  });

  it('records offline with WANDB_MODE=offline, and calls no server', async () => {
    const server = await bench.server();
    const tracker = bench.tracker({ ...environmentFor(server, bench.folder), WANDB_MODE: 'offline' });
    tracker.log(1, { loss: 1 });
    await tracker.finish(0);
    expect(server.run).toEqual({});
    expect(bench.lines).toEqual([expect.stringContaining('recorded offline')]);
  });

  it('says that there is no key when it was told to be online', async () => {
    const tracker = bench.tracker({ WANDB_MODE: 'online' });
    tracker.log(1, { loss: 1 });
    await tracker.finish(0);
    expect(bench.lines).toEqual([
      expect.stringMatching(/cannot go online \(.*No API key.*\): recording offline/),
      expect.stringContaining('recorded offline'),
    ]);
  });

  it('ends a client that still waits for a server that went away', async () => {
    const server = await bench.server();
    const tracker = bench.tracker(environmentFor(server, bench.folder), {
      finishWaitMs: 1000,
      python: await tellingPython(),
    });
    await bench.until(() => bench.lines.length > 0);
    await server.close();
    logWholeRun(tracker);
    await tracker.finish(0);
    expect(isAlive(readPid())).toBe(false);
    expect(bench.lines.slice(1)).toEqual([
      expect.stringMatching(
        /not done after 1 s; the figures are in metrics.jsonl; .*: .*wandb sync --include-online /,
      ),
    ]);
  });

  it('says once that the client was killed, and goes on', async () => {
    const tracker = bench.tracker({ WANDB_MODE: 'offline' }, { python: await tellingPython() });
    tracker.log(1, { loss: 1 });
    await bench.until(runBegun);
    process.kill(readPid(), 'SIGKILL');
    await bench.until(() => bench.lines.length > 0);
    for (let step = 2; step < 50; step++) tracker.log(step, { loss: step });
    tracker.show(50, 'picture', { kind: 'picture', png: new Uint8Array(100), caption: '' });
    tracker.summary({ best: 1 });
    await tracker.finish(0);
    expect(bench.lines).toEqual([
      expect.stringMatching(/has stopped \(SIGKILL.*\); the figures are in metrics.jsonl/),
    ]);
  });

  it('closes the run and leaves when this process is killed, untouched by Ctrl-C before', {
    timeout: 60_000,
  }, async () => {
    const code = `
      import { createWandbTracker } from '${ROOT}/src/tracking/wandb.ts';
      import { loadParams } from '${ROOT}/src/params/load.ts';
      const params = await loadParams('${ROOT}/params.yaml', ['paths.runs=${bench.folder}/runs']);
      const log = { info: console.log, warn: console.log };
      process.on('SIGINT', () => console.log('interrupted'));
      const tracker = createWandbTracker(params, { stage: 'train', metricsFile: '', log, environment: process.env, python: '${await tellingPython()}' });
      let step = 0;
      setInterval(() => tracker.log(++step, { loss: 1 / step }), 20);`;
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
      detached: true, // a process group of its own, as a shell gives to what runs in the terminal
      env: { PATH: process.env.PATH, HOME: bench.folder, WANDB_MODE: 'offline' },
    });
    let said = '';
    parent.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    await bench.until(runBegun);
    const pid = readPid();
    const { stdout: group } = await execa('ps', ['-o', 'pgid=', '-p', `${pid}`]);
    expect(Number(group)).not.toBe(parent.pid);
    process.kill(-parent.pid!, 'SIGINT'); // what Ctrl-C does
    await bench.until(() => said.includes('interrupted'));
    await new Promise((wake) => setTimeout(wake, 500));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await bench.until(() => !isAlive(pid), 18_000);
    const server = await bench.server();
    await bench.runSyncCommand(
      `: ${python.includes('/') ? `${join(ROOT, '.tools/python/bin/')}` : ''}wandb sync ${bench.folder}/runs/wandb/latest-run`,
      server,
    );
    expect(server.rows.size).toBeGreaterThan(5);
    expect(server.exitCode).toBe(1);
  });

  it('leaves W&B out when its Python has no wandb', async () => {
    const tracker = bench.tracker({}, { python: await bench.standIn(`exec ${python} -S "$@"`) });
    tracker.log(1, { loss: 1 });
    await bench.until(() => bench.lines.length > 0);
    tracker.log(2, { loss: 1 });
    await tracker.finish(0);
    expect(bench.lines).toEqual([
      expect.stringMatching(/left out: .* has no wandb \(make setup installs it, .*metrics.jsonl/),
    ]);
  });
});

describe('createWandbTracker', () => {
  it('leaves W&B out when there is no Python', async () => {
    const tracker = bench.tracker({}, { python: join(bench.folder, 'no', 'python') });
    tracker.log(1, { loss: 1 });
    await tracker.finish(0);
    expect(bench.lines).toEqual([expect.stringMatching(/left out: there is no .*metrics.jsonl/)]);
  });

  it('never waits for a client that takes nothing: it drops, says so once, and ends it', async () => {
    const tracker = bench.tracker({}, { python: await bench.standIn('exec sleep 60'), finishWaitMs: 300 });
    const pictures = countedPictures();
    for (let step = 1; step <= 200; step++) tracker.show(step, 'picture', pictures.next());
    expect(pictures.sent).toBe(MOST_PICTURES);
    await tracker.finish(0);
    expect(bench.lines).toEqual([
      expect.stringContaining('lags too far behind'),
      expect.stringContaining('was not done after 0.3 s'),
    ]);
  });

  it('waits for a client but seconds when the run was stopped before, and does not end it', async () => {
    const tracker = bench.tracker({}, { python: await tellingSleep(), stoppedWaitMs: 300 });
    tracker.log(1, { loss: 1 });
    await bench.until(() => existsSync(pidFile()));
    await tracker.finish(130, AbortSignal.abort());
    await new Promise((wake) => setTimeout(wake, 200));
    expect(isAlive(readPid())).toBe(true);
    expect(bench.lines).toEqual([
      expect.stringContaining('was not done after 0.3 s, and has another minute'),
    ]);
    process.kill(readPid());
    await bench.until(() => !isAlive(readPid()));
    expect(bench.lines).toHaveLength(1);
  });

  it('goes on when something else prints where the client replies', async (context) => {
    context.skip(noPython !== '', noPython);
    const client = bench.heldClient();
    await client.release();
    const noise = `echo 'a line'; echo null; echo '{"event":"ready"}'`;
    const noisyPython = await bench.standIn(`${noise}; exec ${python} "$@"`);
    const tracker = bench.tracker(client.environment, { python: noisyPython });
    tracker.log(1, { loss: 1 });
    await tracker.finish(0);
    expect(client.logged()).toEqual([['init'], [1, 'loss'], ['finish', 0]]);
    expect(bench.lines).toEqual([expect.stringContaining('recorded offline')]);
  });

  it('tells the last that was printed when the client dies, be it half a reply', async () => {
    const dyingPython = await bench.standIn(`printf '{"event":"rea'; exit 3`);
    const tracker = bench.tracker({}, { python: dyingPython });
    await bench.until(() => bench.lines.length > 0);
    const pictures = countedPictures();
    for (let step = 1; step <= 100; step++) tracker.show(step, 'picture', pictures.next());
    expect(pictures.sent).toBe(0);
    await tracker.finish(0);
    expect(bench.lines).toEqual([expect.stringContaining('has stopped (exit code 3: {"event":"rea)')]);
  });

  it('is nothing where it is disabled, and refuses a mode that it does not know', () => {
    const options = { stage: 'train' as const, metricsFile: '', log: bench.log, python: 'none' };
    expect(
      createWandbTracker(bench.params, { ...options, environment: { WANDB_MODE: 'disabled' } }),
    ).toBeNull();
    const wrong = () =>
      createWandbTracker(bench.params, { ...options, environment: { WANDB_MODE: 'onlin' } });
    expect(wrong).toThrow(UsageError);
    expect(wrong).toThrow('WANDB_MODE must be online, offline or disabled, got "onlin"');
  });
});

describe('createWandbTracker with a client that hangs', () => {
  beforeEach((context) => context.skip(noPython !== '', noPython));

  /** Long enough for the client to take what was sent: not here, but there it waits. */
  const give = () => new Promise((wake) => setTimeout(wake, 10));

  it('leaves out pictures, keeps figures, and goes on with both when the client does', async () => {
    const client = bench.heldClient();
    const tracker = bench.tracker(client.environment);
    const pictures = countedPictures();
    for (let step = 1; step <= 60; step++) {
      tracker.show(step, 'picture', pictures.next());
      tracker.log(step, { loss: step });
      await give();
    }
    expect(pictures.sent).toBe(MOST_PICTURES);
    expect(bench.lines).toEqual([expect.stringContaining('lags too far behind')]);
    await client.release();
    await bench.until(() => client.logged().length === 1 + MOST_PICTURES + 60);
    await bench.until(() => {
      tracker.show(61, 'picture', pictures.next());
      return client.logged().some(([step]) => step === 61);
    });
    await tracker.finish(0);
    const rows = client.logged().filter(([, key]) => key === 'loss');
    expect(rows.map(([step]) => step)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(client.logged().at(-1)).toEqual(['finish', 0]);
    expect(bench.lines.slice(1)).toEqual([expect.stringContaining('recorded offline')]);
  });

  it('bounds the memory of both processes, also by figures alone', async () => {
    const client = bench.heldClient();
    const tracker = bench.tracker(client.environment, { python: await tellingPython(), finishWaitMs: 300 });
    const pictures = countedPictures();
    const before = process.memoryUsage().rss;
    for (let step = 1; step <= 300; step++) {
      tracker.show(step, 'picture', pictures.next());
      tracker.log(step, { ['long'.repeat(2 ** 18)]: 1 });
      await give();
    }
    const { stdout } = await execa('ps', ['-o', 'rss=', '-p', `${readPid()}`]);
    expect(Number(stdout)).toBeLessThan(150 * 2 ** 10);
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * 2 ** 20);
    await tracker.finish(0);
    expect(bench.lines).toEqual([
      expect.stringContaining('lags too far behind'),
      expect.stringContaining('was not done after 0.3 s'),
    ]);
  });

  it('closes the run as failed when its parent dies in mid-line', async () => {
    const client = bench.heldClient();
    await client.run([INIT_MESSAGE], '{"op":"show","st');
    expect(client.logged()).toEqual([['init'], ['finish', 1]]);
  });
});
