import { existsSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { verifyPrepared } from '../../src/data/verify-prepared.ts';
import { sha256File } from '../../src/system/files.ts';
import { createRandom } from '../../src/system/random.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const REAL_DATA = resolve(ROOT, '../shared/data');
const KILLS = 20;

const tempFolder = useTempFolders();

const SYNTHETIC = [
  'data.source=synthetic',
  ...['data.synthetic.train=24', 'data.synthetic.valid=6', 'data.synthetic.test=6', 'data.custom=[]'],
];
const REAL = [
  'data.source=local',
  `data.path=${join(REAL_DATA, 'hub')}`,
  `data.custom=[${['coco', 'labelme', 'yolo'].map((name) => join(REAL_DATA, 'custom', name)).join(',')}]`,
  'data.custom_valid=0.2',
];

/** `aerial data-prep` as a process of its own, on `cores` of the machine. */
function dataPrep(folder: string, settings: readonly string[], cores?: string) {
  const own = [`paths.prepared=${join(folder, 'prepared')}`, `paths.runs=${join(folder, 'runs')}`];
  const flags = [...settings, ...own].flatMap((setting) => ['--set', setting]);
  const command = [process.execPath, join(ROOT, 'bin/aerial.js'), 'data-prep', ...flags];
  const [program, ...args] = cores === undefined ? command : ['taskset', '-c', cores, ...command];
  return execa(program!, args, { cwd: ROOT, reject: false });
}

async function hashes(folder: string): Promise<Record<string, string>> {
  const files = await filesIn(folder);
  return Object.fromEntries(
    await Promise.all(files.map(async (name) => [name, await sha256File(join(folder, name))])),
  );
}

it.for<[string, string[]]>([
  ['synthetic scenes', SYNTHETIC],
  ['real tiles with custom samples', REAL],
])(
  `is killed at ${KILLS} random moments and gives the same bytes when it is run again: %s`,
  { timeout: 1_800_000 },
  async ([name, settings], { skip }) => {
    if (settings === REAL && !existsSync(REAL_DATA)) skip('needs the real tiles in ../shared/data');
    const random = createRandom('kill', name);
    const folder = await tempFolder();
    const prepared = join(folder, 'prepared');
    const before = join(folder, 'before');
    // What is there before is another data set, so that old and new can be told apart.
    expect((await dataPrep(folder, [...SYNTHETIC, 'seed=1'])).exitCode).toBe(0);
    await cp(prepared, before, { recursive: true });
    const oldHash = (await openPrepared(before)).manifest.hash;
    const startMs = performance.now();
    expect((await dataPrep(folder, settings)).exitCode).toBe(0);
    const durationMs = performance.now() - startMs;
    const expected = await hashes(prepared);
    const newHash = (await openPrepared(prepared)).manifest.hash;
    expect(newHash).not.toBe(oldHash);

    let halfDone = 0;
    for (let round = 0; round < KILLS; round++) {
      await rm(prepared, { recursive: true, force: true });
      const hasOld = round % 2 === 0;
      if (hasOld) await cp(before, prepared, { recursive: true });
      const run = dataPrep(folder, settings);
      await sleep(random.uniform(0, durationMs));
      run.kill('SIGKILL');
      await run;
      const left = await readdir(folder);
      if (left.some((entry) => entry.endsWith('.aerial-part'))) halfDone++;
      if (left.includes('prepared')) {
        const { hash } = (await openPrepared(prepared)).manifest;
        expect([oldHash, newHash]).toContain(hash);
        expect(await verifyPrepared(prepared)).toEqual([]);
      } else {
        // Without old data, none; in the instant between the two renames it lies beside.
        expect(hasOld && !left.includes('prepared.aerial-old')).toBe(false);
      }
      expect((await dataPrep(folder, settings)).exitCode, `round ${round}`).toBe(0);
      expect(await hashes(prepared), `round ${round}`).toEqual(expected);
      expect(new Set(await readdir(dirname(prepared)))).toEqual(
        new Set([basename(before), 'prepared', 'runs']),
      );
    }
    // Otherwise all came before the work began or after it.
    expect(halfDone).toBeGreaterThan(2);
  },
);

it('gives the same bytes on one core', { timeout: 300_000 }, async ({ skip }) => {
  const one = await tempFolder();
  const { exitCode } = await dataPrep(one, SYNTHETIC, '0');
  if (exitCode === undefined) skip('there is no taskset');
  const all = await tempFolder();
  expect([exitCode, (await dataPrep(all, SYNTHETIC)).exitCode]).toEqual([0, 0]);
  expect(await hashes(join(one, 'prepared'))).toEqual(await hashes(join(all, 'prepared')));
});

it('ends with 130 at Ctrl-C, and leaves all as it was', { timeout: 300_000 }, async () => {
  const folder = await tempFolder();
  const run = dataPrep(folder, ['data.source=synthetic', 'data.synthetic.train=2000', 'data.custom=[]']);
  for await (const line of run.iterable({ from: 'stderr' })) {
    if (!line.startsWith('Drawing')) continue;
    await sleep(300);
    run.kill('SIGINT');
  }
  const { exitCode, stderr } = await run;
  expect(exitCode).toBe(130);
  expect(stderr).toContain('Stopping in an orderly way');
  expect(await readdir(folder)).toEqual([]);
});
