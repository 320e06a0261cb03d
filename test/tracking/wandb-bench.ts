import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import sharp from 'sharp';
import { expect } from 'vitest';
import { loadParams } from '../../src/params/load.ts';
import type { Params } from '../../src/params/schema.ts';
import type { Tracker } from '../../src/tracking/tracker.ts';
import { createWandbTracker, type WandbOptions } from '../../src/tracking/wandb.ts';
import { environmentFor, type FakeWandb, startFakeWandb } from './fake-wandb.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
const OWN_PYTHON = join(ROOT, '.tools/python/bin/python');
/** The project's own Python, or the machine's where it has a client. */
export const python = existsSync(OWN_PYTHON) ? OWN_PYTHON : 'python3';
const probe = await execa(python, ['-c', 'import wandb; wandb.init'], { reject: false });
/** Why no client at all can run here, or '' where one can. */
export const noPython = probe.exitCode === undefined ? `there is no ${python}` : '';
/** Why the tests of the real client cannot run here, or '' where they can. */
export const noClient = probe.exitCode === 0 ? '' : `${python} has no wandb; "make setup" installs it`;

const picture = sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } });
const [png, jpeg] = [await picture.png().toBuffer(), await picture.jpeg().toBuffer()];
/** Classes of the pixels: all 1, and all 11. */
const [truthPng, predictionPng] = await Promise.all(
  [1, 11].map((value) =>
    sharp(new Uint8Array(40 * 20).fill(value), { raw: { width: 40, height: 20, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer(),
  ),
);
const TRUTH_CLASSES = { 1: 'found', 5: 'missed' };
const PREDICTION_CLASSES = { 11: 'right' };

/** The least that begins a run. */
export const INIT_MESSAGE = {
  op: 'init',
  mode: 'offline',
  dir: tmpdir(),
  project: 'roofs',
  entity: null,
  name: null,
  group: null,
  job_type: 'train',
  config: {},
  id: null,
  resume: null,
  last_step: null,
};

/** A bench for one test: a folder, params, what the user was told, servers; `close` puts all away. */
export async function createBench() {
  const folder = await mkdtemp(join(tmpdir(), 'aerial-wandb-'));
  const params = await loadParams(join(ROOT, 'params.yaml'), [
    `paths.runs=${folder}/runs`,
    'tracking.project=roofs',
  ]);
  const lines: string[] = [];
  const waits: string[] = [];
  const log = {
    // On a busy machine any client takes its time.
    info: (line: string) => void (line.startsWith('Waiting for') ? waits : lines).push(line),
    warn: (line: string) => void lines.push(line),
  };
  const servers: FakeWandb[] = [];
  return {
    folder,
    params,
    lines,
    /** The lines of what the user was told that say no more than that something takes long. */
    waits,
    log,
    async server(port?: number): Promise<FakeWandb> {
      const server = await startFakeWandb(port);
      servers.push(server);
      return server;
    },
    tracker(environment: NodeJS.ProcessEnv, more: Partial<WandbOptions> = {}): Tracker {
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
    },
    /** A shell script in the place of Python. */
    async standIn(script: string): Promise<string> {
      const path = join(folder, 'python-stand-in');
      await writeFile(path, `#!/bin/sh\n${script}\n`);
      await chmod(path, 0o755);
      return path;
    },
    /** A client that takes messages and hangs over the first row or picture until it is released. */
    heldClient() {
      const environment = {
        PYTHONPATH: join(import.meta.dirname, 'held-client'),
        PYTHONDONTWRITEBYTECODE: '1',
        HELD_CLIENT: folder,
      };
      const logged = join(folder, 'logged');
      return {
        environment,
        /** Runs it by itself, with these lines on its stdin, which then ends. */
        run: (messages: object[], cutOff = '') =>
          execa(python, [join(ROOT, 'src/tracking/wandb_client.py')], {
            env: environment,
            input: messages.map((message) => `${JSON.stringify(message)}\n`).join('') + cutOff,
            reject: false,
          }),
        release: () => writeFile(join(folder, 'release'), ''),
        /** What came: ["init"], [step, ...keys], ["finish", exit code]. */
        logged: (): unknown[][] =>
          existsSync(logged)
            ? readFileSync(logged, 'utf8')
                .split('\n')
                .filter((line) => line !== '')
                .map((line) => JSON.parse(line) as unknown[])
            : [],
      };
    },
    async until(condition: () => boolean, timeoutMs = 20_000): Promise<void> {
      const deadline = Date.now() + timeoutMs;
      while (!condition()) {
        if (Date.now() > deadline) {
          throw new Error(`Waited in vain for ${condition}; said so far:\n${lines.join('\n')}`);
        }
        await new Promise((wake) => setTimeout(wake, 50));
      }
    },
    /** Runs the `wandb sync ...` command that a line for the user ends in, against a server. */
    async runSyncCommand(line: string, server: FakeWandb): Promise<void> {
      const command = /: (\S*wandb sync .*)$/.exec(line)?.[1];
      expect(command, line).toBeDefined();
      const env = { ...environmentFor(server, folder), WANDB_DIR: folder };
      await execa('sh', ['-c', command!], { env, extendEnv: false });
    },
    async close(): Promise<void> {
      await Promise.all(servers.map((server) => server.close()));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Two steps with a validation after the second. */
export function logWholeRun(tracker: Tracker): void {
  tracker.log(1, { 'train/loss': 0.5, 'train/norm': Number.NaN });
  tracker.log(2, { 'train/loss': 0.25 });
  tracker.log(2, { epoch: 1, 'valid/mask_ap': 0.125 });
  tracker.show(2, 'valid/comparison_0', { kind: 'picture', png, caption: 'a tile' });
  tracker.show(2, 'valid/overlay_0', {
    kind: 'overlaid_picture',
    jpeg,
    caption: 'a tile with masks',
    overlays: {
      ground_truth: { png: truthPng!, classes: TRUTH_CLASSES },
      prediction: { png: predictionPng!, classes: PREDICTION_CLASSES },
    },
  });
  tracker.show(2, 'valid/outcomes', {
    kind: 'table',
    columns: ['outcome', 'buildings', 'detections'],
    rows: [
      ['merged', 4, 2],
      ['missed', 1, null],
    ],
  });
  const points = [[0, 1] as const, [0.5, 0.75] as const];
  const lines = [{ name: 'IoU 0.5', points }];
  tracker.show(2, 'valid/curve', { kind: 'line_chart', title: 'A curve', xAxis: 'recall', lines });
  tracker.show(2, 'valid/report', { kind: 'page', html: '<!doctype html><title>A page</title>' });
  tracker.summary({ best: 0.75 });
}

/** That all of `logWholeRun` has reached the server, if need be without its tables. */
export function expectWholeRun(server: FakeWandb, params: Params, { tables } = { tables: true }): void {
  expect(server.rows.get(1)).toMatchObject({ 'train/loss': 0.5, 'train/norm': null });
  expect(server.rows.get(2)).toMatchObject({ 'train/loss': 0.25, epoch: 1, 'valid/mask_ap': 0.125 });
  expect(server.summary).toMatchObject({ best: 0.75 });
  expect(server.config).toMatchObject({ train: { value: params.train }, seed: { value: params.seed } });
  const shown = (key: string) => server.rows.get(2)?.[key] as { path: string };
  const file = (path: string) => server.files.get(path);
  const comparison = shown('valid/comparison_0');
  expect(comparison).toMatchObject({ _type: 'image-file', caption: 'a tile', width: 40, height: 20 });
  expect(file(comparison.path)).toEqual(png);
  expectOverlays(server);
  if (tables) expectTables(server);
  expect(`${file(shown('valid/report').path)}`).toBe('<!doctype html><title>A page</title>');
}

function expectTables(server: FakeWandb): void {
  const shown = (key: string) => server.rows.get(2)?.[key] as { path: string };
  const contentOf = ({ path }: { path: string }) => JSON.parse(`${server.files.get(path)}`);
  const table = shown('valid/outcomes');
  expect(table).toMatchObject({ _type: 'table-file', ncols: 3, nrows: 2 });
  expect(contentOf(table)).toMatchObject({
    columns: ['outcome', 'buildings', 'detections'],
    data: [
      ['merged', 4, 2],
      ['missed', 1, null],
    ],
  });
  expect(contentOf(shown('valid/curve_table')).data).toEqual([
    [0, 'IoU 0.5', 1],
    [0.5, 'IoU 0.5', 0.75],
  ]);
  const about = server.config._wandb!.value as { visualize: Record<string, object> };
  expect(about.visualize['valid/curve']).toMatchObject({
    panel_config: { panelDefId: 'wandb/lineseries/v0' },
  });
  expect(JSON.stringify(about.visualize['valid/curve'])).toContain('"valid/curve_table"');
}

/** That the picture has both masks, pixel by pixel, and that their classes have names. */
function expectOverlays(server: FakeWandb): void {
  const overlaid = server.rows.get(2)?.['valid/overlay_0'] as {
    path: string;
    masks: Record<'ground_truth' | 'prediction', { path: string }>;
  };
  expect(overlaid).toMatchObject({ caption: 'a tile with masks', format: 'jpg', width: 40, height: 20 });
  expect(server.files.get(overlaid.path)).toEqual(jpeg);
  expect(server.files.get(overlaid.masks.ground_truth.path)).toEqual(truthPng);
  expect(server.files.get(overlaid.masks.prediction.path)).toEqual(predictionPng);
  const about = server.config._wandb!.value as Record<string, Record<string, { value: object }>>;
  const labels = about['mask/class_labels'];
  const classesOf = (name: string) => labels?.[`valid/overlay_0_wandb_delimeter_${name}`]?.value;
  expect(classesOf('ground_truth')).toEqual(TRUTH_CLASSES);
  expect(classesOf('prediction')).toEqual(PREDICTION_CLASSES);
}
