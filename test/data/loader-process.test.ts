/** The loader in processes of its own: as sources, as a build, and when they end. */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawImage } from '../support/drawn-images.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const PROGRAM = fileURLToPath(new URL('./load-two-batches.ts', import.meta.url));
const SOURCES = join(REPOSITORY, 'src/data/loader.ts');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-process-'));
  await mkdir(join(folder, 'images'));
  for (const side of [10, 20, 30, 40])
    await drawImage(join(folder, 'images'), side, [64, 64], [[0, 0, side, side]]);
});
afterAll(() => rm(folder, { recursive: true }));

const run = (loader: string, ...rest: string[]) =>
  execa(process.execPath, [PROGRAM, loader, join(folder, 'images'), ...rest], {
    reject: false,
    timeout: 100_000,
  });
/** Three channels; two images a batch. */
const EXPECTED = `${3 * (10 ** 2 + 20 ** 2)} ${3 * (30 ** 2 + 40 ** 2)}`;

it('runs from the sources, and does not keep the process from ending', async () => {
  expect(await run(SOURCES)).toMatchObject({ stdout: EXPECTED, stderr: '', exitCode: 0 });
}, 120_000);

it('runs from a build', async () => {
  const dist = join(folder, 'dist');
  // Errors of types are not the matter here.
  await execa('npx', ['tsc', '-p', 'tsconfig.build.json', '--outDir', dist], {
    cwd: REPOSITORY,
    reject: false,
  });
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  await symlink(join(REPOSITORY, 'package.json'), join(folder, 'package.json'));
  const result = await run(join(dist, 'data/loader.js'));
  expect(result).toMatchObject({ stdout: EXPECTED, stderr: '', exitCode: 0 });
}, 120_000);

it('says nothing when it is stopped by Ctrl-C', async () => {
  const child = run(SOURCES, 'wait');
  child.stdout.once('data', () => child.kill('SIGINT'));
  expect(await child).toMatchObject({ stdout: EXPECTED, stderr: '', signal: 'SIGINT' });
}, 120_000);
