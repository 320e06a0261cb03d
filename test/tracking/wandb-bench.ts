import { existsSync } from 'node:fs';
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
/** Why the tests of the real client cannot run here, or '' where they can. */
export const noClient = probe.exitCode === 0 ? '' : `${python} has no wandb; "make setup" installs it`;

const png = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

/** A bench for one test: a folder, params, what the user was told, servers; `close` puts all away. */
export async function createBench() {
  const folder = await mkdtemp(join(tmpdir(), 'aerial-wandb-'));
  const params = await loadParams(join(ROOT, 'params.yaml'), [
    `paths.runs=${folder}/runs`,
    'tracking.project=roofs',
  ]);
  const lines: string[] = [];
  const log = {
    info: (line: string) => void lines.push(line),
    warn: (line: string) => void lines.push(line),
  };
  const servers: FakeWandb[] = [];
  return {
    folder,
    params,
    lines,
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
  tracker.image(2, 'valid/comparison_0', png, 'a tile');
  tracker.summary({ best: 0.75 });
}

/** That all of `logWholeRun` has reached the server. */
export function expectWholeRun(server: FakeWandb, params: Params): void {
  expect(server.rows.get(1)).toMatchObject({ 'train/loss': 0.5, 'train/norm': null });
  expect(server.rows.get(2)).toMatchObject({ 'train/loss': 0.25, epoch: 1, 'valid/mask_ap': 0.125 });
  expect(server.summary).toMatchObject({ best: 0.75 });
  expect(server.config).toMatchObject({ train: { value: params.train }, seed: { value: params.seed } });
  const picture = server.rows.get(2)?.['valid/comparison_0'] as { path: string };
  expect(picture).toMatchObject({ _type: 'image-file', caption: 'a tile', width: 40, height: 20 });
  expect(server.files.get(picture.path)?.subarray(1, 4).toString()).toBe('PNG');
}
