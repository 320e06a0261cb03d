import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchShape } from '../../src/data/host-batch.ts';
import { createLoader } from '../../src/data/loader.ts';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { loadParams } from '../../src/params/load.ts';
import { contactSheetPng, drawSample, type SheetTile } from '../../src/visualize/contact-sheet.ts';
import { filesIn } from '../support/temp-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');
let folder: string;

/** Six scenes to train on, in batches of 4: the second is filled up. */
const SETTINGS = [
  ...['data.synthetic.train=6', 'data.synthetic.valid=1', 'data.synthetic.test=2', 'train.batch_size=4'],
  ...['augment.brightness=0.5', 'augment.scale=[0.5, 1]', 'augment.noise=1', 'data.workers=0', 'seed=5'],
];

function aerial(command: string, ...args: string[]) {
  const sets = SETTINGS.flatMap((setting) => ['--set', setting]);
  const params = ['--params', join(ROOT, 'params.yaml')];
  return execa(process.execPath, [join(ROOT, 'bin/aerial.js'), command, ...params, ...sets, ...args], {
    reject: false,
    cwd: folder,
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-sheet-'));
  expect((await aerial('data-prep')).exitCode).toBe(0);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** The sheet of the first samples, drawn from what the loader gives to training in this epoch. */
async function sheetOfTraining(count: number, epoch: number): Promise<Buffer> {
  const params = await loadParams(join(ROOT, 'params.yaml'), SETTINGS);
  const { train } = (await openPrepared(join(folder, 'data/prepared'))).splits;
  const loader = createLoader(0);
  const seed = [params.seed, 'train', epoch];
  const tiles: SheetTile[] = [];
  for await (const batch of loader.training(train, batchShape(params), {
    ...{ augment: params.augment, seed, startBatch: 0 },
  })) {
    for (let n = 0; n < batch.count && tiles.length < count; n++) tiles.push(await drawSample(batch, n));
  }
  await loader.close();
  return contactSheetPng(
    tiles,
    `train, epoch ${epoch}, seed 5: the first ${count} of 6 images; hatched: no image`,
  );
}

describe('aerial contact-sheet', () => {
  it('draws the first samples of the epoch as training gets them', async () => {
    const { exitCode, stdout, stderr } = await aerial(
      'contact-sheet',
      ...['--images', '5', '--epoch', '3', '--json'],
      ...['--set', 'data.workers=1'],
    );
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ...{ sheet: 'runs/contact_sheet.png', split: 'train', epoch: 3, images: 5, of: 6 },
      ...{ buildings: expect.any(Number), overflow: 0 },
    });
    const png = await readFile(join(folder, 'runs/contact_sheet.png'));
    expect(png.equals(await sheetOfTraining(5, 3))).toBe(true);
    expect(png.equals(await sheetOfTraining(5, 2))).toBe(false);
  });

  it('shows what fills the last batch, and says where the epoch has no more', async () => {
    const { exitCode, stdout, stderr } = await aerial('contact-sheet', '--output', 'sheets/all.png');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('warning: An epoch of train has 8 samples, not 16');
    expect(stdout).toMatch(
      /^Contact sheet: sheets\/all\.png\n8 samples of train in epoch 1 \(6 images\), \d+ buildings$/,
    );
    expect(await filesIn(join(folder, 'sheets'))).toEqual(['all.png']);
  });

  it('shows another split as it is, and no image twice', async () => {
    const { stdout } = await aerial('contact-sheet', '--split', 'test', '--output', 'test.png', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ split: 'test', epoch: null, images: 2, of: 2 });
    const { width } = await sharp(join(folder, 'test.png')).metadata();
    expect(width).toBe(2 * 394 + 10);
    const again = await aerial(
      'contact-sheet',
      '--split',
      'test',
      '--output',
      'again.png',
      '--set',
      'seed=6',
    );
    expect(again.exitCode).toBe(0);
    expect((await readFile(join(folder, 'again.png'))).equals(await readFile(join(folder, 'test.png')))).toBe(
      true,
    );
  });

  it('counts buildings that have no slot', async () => {
    const { stdout } = await aerial('contact-sheet', '--images', '1', '--set', 'data.max_instances=2');
    expect(stdout).toMatch(
      /, 2 buildings\n\d+ buildings of these batches have no slot: data\.max_instances$/,
    );
  });

  it.each([
    [['--images', '0'], 'Expected a whole number from 1 to 100'],
    [['--images', '101'], 'Expected a whole number from 1 to 100'],
    [['--epoch', '1.5'], 'Expected a whole number from 1 to 9999'],
    [['--split', 'trian'], 'Allowed choices are train, valid, test'],
    [['--output', ''], 'Expected a file'],
  ])('refuses %j with exit code 2', async (flags, message) => {
    const { exitCode, stderr, stdout } = await aerial('contact-sheet', ...flags);
    expect(stderr).toContain(message);
    expect([exitCode, stdout]).toEqual([2, '']);
  });

  it('says in one line what to do where there is no prepared data', async () => {
    const { exitCode, stderr } = await aerial('contact-sheet', '--set', 'paths.prepared=nowhere');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: No prepared data set in nowhere .*aerial data-prep[^\n]*$/);
  });

  it('says in one line where the sheet cannot be written, and leaves the old one', async () => {
    await writeFile(join(folder, 'file'), 'old');
    const { exitCode, stderr } = await aerial('contact-sheet', '--output', 'file/sheet.png');
    expect(exitCode).toBe(1);
    expect(stderr.split('\n').filter((line) => !line.startsWith('warning:'))).toEqual([
      expect.stringMatching(/^error: .*file/),
    ]);
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('old');
  });
});
