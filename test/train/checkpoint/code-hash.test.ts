import { appendFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findRuntime } from '../../../src/system/tensorflow-probe.ts';
import { hashOfCode, hashProgram } from '../../../src/train/checkpoint/code-hash.ts';
import { codeOf } from '../../support/code-of.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const makeFolder = useTempFolders();
const ROOMS = ['data', 'evaluate', 'graph', 'loss', 'masks', 'model', 'ops', 'system', 'train'];
const RUNTIME = '/some/where/2.21.0-cpu';
const PACKAGES = {
  'node_modules/sharp': { version: '0.35.5' },
  'node_modules/vitest': { version: '5.1.1', dev: true },
};

let root: string;
const hash = (runtime: string | null = RUNTIME) => hashProgram(join(root, 'src'), runtime);
const install = (packages: object) =>
  writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));

beforeEach(async () => {
  root = await makeFolder();
  await makeProgram();
});

async function makeProgram() {
  for (const folder of [...ROOMS.map((room) => `src/${room}/deep`), 'native', 'node_modules']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await writeFile(join(root, 'src/ops/deep/add.ts'), 'a + b');
  await writeFile(join(root, 'native/addon.cc'), '// C++');
  await install(PACKAGES);
}

describe('hashProgram', () => {
  it('follows from the content and the names of the sources, wherever they lie', async () => {
    const before = await hash();
    await writeFile(join(root, 'src/ops/deep/add.ts'), 'a - b');
    expect(await hash()).not.toBe(before);
    await rm(join(root, 'src/ops/deep/add.ts'));
    await writeFile(join(root, 'src/ops/deep/sum.ts'), 'a + b');
    expect(await hash()).not.toBe(before);
    await rm(root, { recursive: true });
    root = await makeFolder();
    await makeProgram();
    expect(await hash()).toBe(before);
  });
  it("follows from the addon's sources", async () => {
    const before = await hash();
    await writeFile(join(root, 'native/addon.cc'), '// other');
    expect(await hash()).not.toBe(before);
  });
  it('follows from the packages that the program uses, and not from those for its development', async () => {
    const before = await hash();
    await install({ ...PACKAGES, 'node_modules/vitest': { version: '5.2.0', dev: true } });
    expect(await hash()).toBe(before);
    await install({ ...PACKAGES, 'node_modules/sharp': { version: '0.36.0' } });
    const after = await hash();
    expect(after).not.toBe(before);
    await rm(join(root, 'node_modules'), { recursive: true });
    expect([before, after]).not.toContain(await hash());
  });
  it("follows from TensorFlow's version, and not from the device that it is for", async () => {
    expect(await hash('/else/where/2.21.0-gpu')).toBe(await hash());
    expect(await hash('/some/where/2.22.0-cpu')).not.toBe(await hash());
    expect(await hash('/usr/lib/tensorflow')).toBe(await hash(null));
    expect(await hash(null)).not.toBe(await hash());
  });
});

describe('hashOfCode', () => {
  const project = resolve(import.meta.dirname, '../../..');
  /** Rooms of which a training runs code that decides none of its numbers; what `params` holds is in the run's fingerprint. */
  const NO_NUMBERS = ['hub', 'params', 'tracking', 'visualize'];
  const roomOf = (file: string) => file.split('/')[1]!;
  const inTraining = [
    ...codeOf('src/train/run.ts'),
    ...codeOf('src/data/load-worker.ts'),
    ...codeOf('src/system/load-tensorflow.ts'),
  ].filter((file) => !NO_NUMBERS.includes(roomOf(file)));

  /** A copy of what the hash is to be of. */
  async function copyProgram() {
    for (const part of ['src', 'native', 'node_modules/.package-lock.json']) {
      await rm(join(root, part), { recursive: true });
      await cp(join(project, part), join(root, part), { recursive: true });
    }
  }

  it('follows from this program, its packages, its addon and TensorFlow: from each room that trains', async ({
    skip,
  }) => {
    const runtime = await findRuntime();
    if (runtime === null) skip('TensorFlow is not set up');
    expect(basename(runtime!)).toMatch(/^\d+\.\d+\.\d+-(cpu|gpu)$/);
    await copyProgram();
    const own = await hashOfCode();
    expect(await hash(runtime)).toBe(own);
    expect(await hash(null)).not.toBe(own);
    const oneOfEach = new Map(inTraining.map((file) => [roomOf(file), file]));
    expect(new Set(oneOfEach.keys())).toEqual(new Set(ROOMS));
    const hashes = new Set([own]);
    const changed = [...oneOfEach.values(), 'native/session_options.cc'];
    for (const file of changed) {
      await appendFile(join(root, file), '\n');
      hashes.add(await hash(runtime));
    }
    await install({});
    hashes.add(await hash(runtime));
    expect(hashes.size).toBe(changed.length + 2);
  });
});
