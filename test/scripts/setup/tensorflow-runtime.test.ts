import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openProject } from '../../../scripts/setup/project.ts';
import { isDone, makeStep, type Step } from '../../../scripts/setup/step.ts';
import { tensorFlowRuntimeStep } from '../../../scripts/setup/tensorflow-runtime.ts';
import type { Wheel } from '../../../scripts/setup/tensorflow-wheels.ts';
import { progressLine } from '../../../scripts/setup/wheel.ts';
import { filesIn, useTempFolders } from '../../support/temp-folder.ts';
import { demoWheel, serveWheels, type WheelServer } from './wheel-server.ts';

const tempFolder = useTempFolders();
const silent = { line: () => {}, watch: () => () => {} };
const FOLDER = '.tools/tensorflow/2.21.0-cpu';

// Large enough that half of it is more than what the sockets buffer.
const LIBRARY = 'tensorflow '.repeat(50_000);
const library = await demoWheel('library', {
  'demo/tensorflow/lib.so': LIBRARY,
  'demo/bin/ptxas': ['#!', 0o755],
  'other/left-out.py': '',
});
const cuda = await demoWheel('cuda', { 'demo/nvidia/lib.so': 'cuda', 'demo/tensorflow/more.so': '' });

function stepFor(root: string, server: WheelServer, wheels: readonly Wheel[]): Step {
  const content = { wheels, links: [['demo/link.so', 'tensorflow/lib.so']] as const };
  const step = tensorFlowRuntimeStep(openProject(root, server.environment), 'cpu', content);
  return { ...step, outputs: [join(root, FOLDER, 'demo/tensorflow/lib.so')] };
}

describe('tensorFlowRuntimeStep', () => {
  it('unpacks the wanted files with their rights and keeps nothing else', async () => {
    await using server = await serveWheels([library, cuda]);
    const root = await tempFolder();
    const step = stepFor(root, server, [library.pin, cuda.pin]);
    await makeStep(step, silent);
    expect(await isDone(step)).toBe(true);
    expect(await readFile(join(root, FOLDER, 'demo/tensorflow/lib.so'), 'utf8')).toBe(LIBRARY);
    expect(await readFile(join(root, FOLDER, 'demo/link.so'), 'utf8')).toBe(LIBRARY);
    expect((await stat(join(root, FOLDER, 'demo/bin/ptxas'))).mode & 0o777).toBe(0o755);
    expect(await filesIn(join(root, '.tools'))).toEqual([
      'logs/tensorflow.log',
      'tensorflow/2.21.0-cpu/.setup',
      'tensorflow/2.21.0-cpu/demo/bin/ptxas',
      'tensorflow/2.21.0-cpu/demo/link.so',
      'tensorflow/2.21.0-cpu/demo/nvidia/lib.so',
      'tensorflow/2.21.0-cpu/demo/tensorflow/lib.so',
      'tensorflow/2.21.0-cpu/demo/tensorflow/more.so',
    ]);
  });

  it('refuses a wheel whose sha256 is not the pinned one, and installs nothing of it', async () => {
    await using server = await serveWheels([library]);
    const root = await tempFolder();
    const step = stepFor(root, server, [{ ...library.pin, sha256: '0'.repeat(64) }]);
    await expect(makeStep(step, silent)).rejects.toThrow(
      /^Fetching demo-library==1\.0 failed: what came does not have its pinned sha256/,
    );
    expect(await isDone(step)).toBe(false);
    expect(await filesIn(join(root, '.tools'))).toEqual(['logs/tensorflow.log']);
  });

  it('says so when the connection breaks, and goes on with the wheel that is missing', async () => {
    await using server = await serveWheels([library, cuda]);
    const root = await tempFolder();
    await makeStep(stepFor(root, server, [cuda.pin]), silent);
    const step = stepFor(root, server, [cuda.pin, library.pin]);
    server.failures.set(library.file, 'break');
    // Old pips take the half file for the whole and then find its hash wrong; newer ones see that the connection broke.
    await expect(makeStep(step, silent)).rejects.toThrow(
      /^Fetching demo-library==1\.0 failed: .* run the command again/,
    );
    expect(await isDone(step)).toBe(false);
    // What was there before stays in its place until the new one is whole.
    expect(await readFile(join(root, FOLDER, 'demo/nvidia/lib.so'), 'utf8')).toBe('cuda');
    server.failures.clear();
    server.asked.length = 0;
    await makeStep(step, silent);
    expect(await isDone(step)).toBe(true);
    expect(server.asked).toEqual([library.file]);
  });

  it('continues properly after it was killed in the middle of a download', async () => {
    await using server = await serveWheels([library]);
    server.failures.set(library.file, 'stall');
    const root = await tempFolder();
    const script = join(root, 'set-up.ts');
    const module = (name: string) =>
      JSON.stringify(new URL(`../../../scripts/setup/${name}`, import.meta.url).href);
    await writeFile(
      script,
      `import { openProject } from ${module('project.ts')};
       import { makeStep } from ${module('step.ts')};
       import { tensorFlowRuntimeStep } from ${module('tensorflow-runtime.ts')};
       const project = openProject(${JSON.stringify(root)}, process.env);
       const step = tensorFlowRuntimeStep(project, 'cpu', { wheels: [${JSON.stringify(library.pin)}], links: [] });
       await makeStep(step, { line: () => {}, watch: () => () => {} });`,
    );
    const child = spawn(process.execPath, [script], {
      env: server.environment,
      stdio: 'ignore',
      detached: true,
    });
    const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
    await until(() => server.asked.length > 0);
    // The whole group, as when a terminal is closed: pip goes too.
    process.kill(-child.pid!, 'SIGKILL');
    expect(await ended).toBe('SIGKILL');
    const step = stepFor(root, server, [library.pin]);
    expect(await isDone(step)).toBe(false);
    expect(existsSync(join(root, FOLDER))).toBe(false);
    server.failures.clear();
    await makeStep(step, silent);
    expect(await isDone(step)).toBe(true);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('progressLine', () => {
  it('counts megabytes and never more than there are', () => {
    const wheel = { ...library.pin, megabytes: 274 };
    expect(progressLine(wheel, 120_400_000)).toBe('demo-library==1.0: 120 / 274 MB');
    expect(progressLine(wheel, 500e6)).toBe('demo-library==1.0: 274 / 274 MB');
  });
});
