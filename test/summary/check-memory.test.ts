import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Params } from '../../src/params/schema.ts';
import { checkMemory } from '../../src/summary/check-memory.ts';
import { largestBatch } from '../../src/summary/largest-batch.ts';
import { planMemory } from '../../src/summary/memory-plan.ts';
import { countMemory, obtainPhaseMemory } from '../../src/summary/obtain-memory.ts';
import type { PhaseMemory } from '../../src/summary/phase-memory.ts';
import { collectLog } from '../support/collect-log.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { tinyParams } from '../support/tiny-model.ts';

const tempFolder = useTempFolders();

function paramsIn(folder: string, batch_size = 8): Params {
  const params = tinyParams(folder);
  Object.assign(params.train, { batch_size });
  params.data.workers = 1;
  return params;
}

/** What eight images are counted to take; kept for all tests that only hold it against something. */
let folder: string;
let eight: PhaseMemory[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-memory-'));
  eight = await obtainPhaseMemory(paramsIn(folder));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

const totalOfEight = () => planMemory(eight, paramsIn(folder)).total;

describe('obtainPhaseMemory', () => {
  it('counts once, and again for other params', async () => {
    const params = paramsIn(folder);
    const counted: string[] = [];
    const obtain = () => obtainPhaseMemory(params, (phase) => counted.push(phase));
    expect(await obtain()).toEqual(eight);
    expect(counted).toEqual([]);
    params.data.max_instances = 8;
    expect(await obtain()).not.toEqual(eight);
    expect(counted).toEqual(['train']);
  });

  it('counts the largest of several sizes', () => {
    const params = paramsIn(folder);
    const [several] = countMemory({ ...params, train: { ...params.train, image_sizes: [64, 128] } });
    expect(several!.values.backbone / eight[0]!.values.backbone).toBeCloseTo(4, 0);
    expect(several!.validation).toEqual(eight[0]!.validation);
  });

  it('tells a large batch from smaller ones', () => {
    const [told] = countMemory(paramsIn(folder, 128));
    const ratio = told!.values.total / eight[0]!.values.total;
    expect([ratio > 15, ratio < 16.2]).toEqual([true, true]);
    expect(told!.weights).toEqual(eight[0]!.weights);
  });
});

describe('largestBatch', () => {
  it('is the largest that fits', () => {
    const five = paramsIn(folder, 5);
    const limit = planMemory(countMemory(five), five).total;
    const within = (most: number) =>
      largestBatch(paramsIn(folder), eight, (smaller, held) => planMemory(held, smaller).total <= most);
    expect([within(limit * 1.002), within(limit * 0.998)]).toEqual([5, 4]);
  });

  it('is null where none fits', () => {
    expect(largestBatch(paramsIn(folder), eight, () => false)).toBeNull();
    expect(largestBatch(paramsIn(folder, 1), eight, () => true)).toBeNull();
  });
});

describe('checkMemory', () => {
  const check = async (machine: number, change: (params: Params) => void = () => {}) => {
    const params = paramsIn(folder);
    change(params);
    const log = collectLog();
    const limits = { machine, gpu: null };
    const error = await checkMemory(params, { device: 'cpu', limits, log }).then(
      () => null,
      (reason: unknown) => reason as Error,
    );
    return { lines: log.lines, error };
  };

  it('says a line where there is room, and where it is tight a warning', async () => {
    const roomy = await check(1e12);
    expect(roomy.error).toBeNull();
    expect(roomy.lines.at(-1)).toMatch(/^Memory: about \d+ MB: weights /);
    const tight = await check(1.1 * totalOfEight());
    expect(tight.error).toBeNull();
    expect(tight.lines.at(-1)).toMatch(/^warning: .* MB are left on this machine$/);
  });

  it('refuses what cannot fit, in one line below the table', async () => {
    const { error, lines } = await check(0.99 * totalOfEight());
    expect(error!.name).toBe('UserError');
    expect(error!.message).toMatch(
      /^Training needs at least \d+ MB of memory with train\.batch_size 8, this machine has left \d+ MB; the most goes to values of .* MB \(.*\) and values of .* MB \(.*\); train\.batch_size=\d would fit, and train\.accumulation_steps=\d keeps updates as large; or lower these; train\.memory\.plan=warn tries it all the same$/,
    );
    expect(lines.join('\n')).toMatch(/Plan of memory for training, batches of 8 images[\s\S]*total +\d+ MB$/);
  });

  it('says where no batch fits', async () => {
    const { error } = await check(3e8);
    expect(error!.message).toContain('; not even train.batch_size=1 would fit: lower these; ');
  });

  it('warns where that is wanted', async () => {
    const { error, lines } = await check(0.99 * totalOfEight(), ({ train }) => {
      train.memory.plan = 'warn';
    });
    expect(error).toBeNull();
    expect(lines.at(-1)).toMatch(/^warning: Training needs at least .* or lower these$/);
  });

  it('holds what a GPU gets against its card', async () => {
    const params = paramsIn(folder);
    const against = (limits: { machine: number; gpu: number | null }) =>
      checkMemory(params, { device: 'gpu', limits, log: collectLog() });
    await expect(against({ machine: 1e12, gpu: 1e6 })).rejects.toThrow(/the GPU has 1\.0 MB/);
    await expect(against({ machine: 1e12, gpu: 1e12 })).resolves.toBeUndefined();
    await expect(against({ machine: 1e12, gpu: null })).resolves.toBeUndefined();
    await expect(against({ machine: 1e6, gpu: 1e12 })).rejects.toThrow(/this machine has left 1\.0 MB/);
  });
});

describe('a process', () => {
  const run = async (plan: string) => {
    const program = fileURLToPath(new URL('./fixture-check-memory.ts', import.meta.url));
    const env = { CUDA_VISIBLE_DEVICES: '-1' };
    return execa(process.execPath, [program, 'check', await tempFolder(), plan], { reject: false, env });
  };
  const errors = (stderr: string) => stderr.split('\n').filter((line) => /^(error|warning): /.test(line));

  it('ends with exit code 1 and one line where its params cannot fit', async () => {
    const { exitCode, stderr } = await run('refuse');
    expect(exitCode).toBe(1);
    expect(errors(stderr)).toEqual([expect.stringMatching(/^error: Training needs at least /)]);
    expect(stderr).not.toContain('    at ');
  });

  it('goes on after a warning', async () => {
    const { exitCode, stdout, stderr } = await run('warn');
    expect([exitCode, stdout]).toEqual([0, 'went on']);
    expect(errors(stderr)).toEqual([expect.stringMatching(/^warning: Training needs at least /)]);
  });
});
