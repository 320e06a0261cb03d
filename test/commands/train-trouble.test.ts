import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { differences, type Outcome, readOutcome, readRows } from '../../scripts/endurance/traces.ts';
import { type Ending, train } from '../../scripts/endurance/training.ts';
import { makePlace, makeWorkplace, type Workplace } from '../../scripts/endurance/workplace.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { filesIn } from '../support/temp-folder.ts';

const PLANT = pathToFileURL(join(import.meta.dirname, '../support/plant-fault.ts')).href;
/** Of the eight; it comes once in each of the two passes, in the updates 2 and 6. */
const SPOILT = 'scene-00002.png';
/** Two passes of four updates, of two images each. */
const SMALLER = [
  ...['data.synthetic.train=8', 'data.synthetic.valid=2', 'train.batch_size=2', 'train.accumulation_steps=1'],
  ...['augment.copy_paste=0', 'train.checkpoint.steps=1'],
];

let folder: string;
let workplace: Workplace;
let expected: Outcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-trouble-'));
  workplace = await makeWorkplace(folder, SMALLER);
  const place = await makePlace(workplace, 'sound');
  const { summary, lines } = await train(place);
  if (!summary?.finished) throw new Error(lines.join('\n'));
  expected = await readOutcome(place, summary);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Trains with an image that has a pixel that is not a number. */
async function trainSpoilt(
  name: string,
  ...settings: readonly string[]
): Promise<Ending & { place: string }> {
  vi.stubEnv('NODE_OPTIONS', `--import=${PLANT}`);
  vi.stubEnv('PLANTED_IMAGE', SPOILT);
  const place = await makePlace(workplace, name);
  const ending = await train(place, ...settings.flatMap((setting) => ['--set', setting]));
  vi.unstubAllEnvs();
  return { ...ending, place };
}

const errorsOf = ({ lines }: Ending) => lines.filter((line) => line.startsWith('error:'));

describe('aerial train with a batch that is not finite', () => {
  it('stops, names loss, step and images, and goes on as if nothing had been when the image is mended', async () => {
    const { place, ...ending } = await trainSpoilt('stop', 'train.non_finite.action=stop');
    expect([ending.exitCode, ending.summary]).toEqual([1, null]);
    expect(errorsOf(ending)).toEqual([
      expect.stringMatching(new RegExp(`step \\d: .* NaN.*${SPOILT.replace('.', '\\.')}`)),
    ]);
    const rows = await readRows(place);
    const dumps = await readdir(join(place, 'runs/train/trouble'));
    expect(dumps).toEqual([`step-${String(rows.length + 1).padStart(8, '0')}`]);
    expect(errorsOf(ending)[0]).toContain(`runs/train/trouble/${dumps[0]}`);
    await expectDump(join(place, 'runs/train/trouble', dumps[0]!));

    const mended = await train(place);
    expect(mended).toMatchObject({ exitCode: 0, summary: { finished: true, resumed_from: rows.length } });
    expect(differences(await readOutcome(place, mended.summary!), expected)).toEqual([]);
  }, 120_000);

  it('rolls back, leaves the batch out and lowers the rate', async () => {
    const { place, ...ending } = await trainSpoilt('roll back', 'train.non_finite.action=roll_back');
    expect(ending).toMatchObject({ exitCode: 0, summary: { finished: true } });
    expect(ending.lines.filter((line) => /^(Step|Back at)/.test(line))).toEqual([
      expect.stringMatching(
        /^Step 2: objectness is NaN, .* going back to the last checkpoint \(1 of at most 5/,
      ),
      'Back at step 1, from here on at 0.5 times the learning rate',
      expect.stringMatching(
        /^Step 6: objectness is NaN, .* going back to the last checkpoint \(2 of at most 5/,
      ),
      'Back at step 5, from here on at 0.25 times the learning rate',
    ]);
    expect(await readdir(join(place, 'runs/train/trouble'))).toHaveLength(2);
    const rates = await learningRates(place);
    const sound = await learningRates(join(folder, 'sound'));
    // Once in each pass: half the rate after the first time, a quarter after the second.
    const factors = [
      ...new Set(
        rates.map(([step, rate]) => Math.round((100 * rate) / sound.find(([at]) => at === step)![1])),
      ),
    ];
    expect(factors).toEqual([100, 50, 25]);
    await expectFinite(join(place, 'runs/train/best.safetensors'));
  }, 120_000);

  it('skips the update', async () => {
    const { place, ...ending } = await trainSpoilt('skip', 'train.non_finite.action=skip');
    expect(ending).toMatchObject({ exitCode: 0, summary: { finished: true } });
    expect(ending.lines.filter((line) => /^Step \d: .* this update is not made/.test(line))).toHaveLength(2);
    await expectFinite(join(place, 'runs/train/best.safetensors'));
  }, 120_000);

  it('ends after too many', async () => {
    const { exitCode, ...ending } = await trainSpoilt(
      'too many',
      ...['train.non_finite.action=skip', 'train.non_finite.most=1'],
    );
    expect(exitCode).toBe(1);
    expect(errorsOf({ exitCode, ...ending })).toEqual([expect.stringMatching(/train\.non_finite\.most/)]);
  }, 60_000);
});

async function expectDump(folderOfStep: string): Promise<void> {
  const files = await filesIn(folderOfStep);
  expect(files).toContain('batch.safetensors');
  expect(files).toContain('trouble.json');
  expect(files.filter((name) => name.endsWith('.png'))).toHaveLength(1);
  const { tensors } = await readSafetensors(join(folderOfStep, 'batch.safetensors'));
  expect([...tensors.get('images')!.values].filter(Number.isNaN)).toHaveLength(1);
  expect(JSON.parse(await readFile(join(folderOfStep, 'trouble.json'), 'utf8'))).toBeTypeOf('object');
}

async function learningRates(place: string): Promise<[step: number, rate: number][]> {
  const rows = (await readRows(place)).filter((row) => 'train/learning_rate' in row);
  return rows.map((row) => [Number(row.step), Number(row['train/learning_rate'])]);
}

async function expectFinite(path: string): Promise<void> {
  const { tensors } = await readSafetensors(path);
  expect([...tensors.values()].every(({ values }) => values.every(Number.isFinite))).toBe(true);
}
