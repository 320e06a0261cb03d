import { existsSync } from 'node:fs';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Reproduction } from '../../src/reproduce/summarize.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { interrupt, makeProject, reproduce, until } from './reproduce-project.ts';

const makeFolder = useTempFolders();

/** What a stage leaves that has begun, as when all are killed before its result is kept. @param seconds since 1970 */
async function unlearn(file: string, seconds: number): Promise<void> {
  const { key } = JSON.parse(await readFile(file, 'utf8')) as { key: string };
  await writeFile(file, JSON.stringify({ key, result: null }));
  await utimes(file, seconds, seconds);
}

describe('aerial reproduce', () => {
  it('trains with each seed, what is finished not again, and hands Ctrl-C on', async () => {
    const folder = await makeProject(await makeFolder(), 2);
    const { stdout, stderr, exitCode } = await reproduce(folder, '--seeds', '3,5', '--json');
    expect(stderr).toContain('Seed 5: training, in runs/reproduce/seed-5');
    expect(exitCode).toBe(0);
    const { runs, valid, twice } = JSON.parse(stdout) as Reproduction;
    expect(runs).toMatchObject([
      { seed: 3, steps: 6 },
      { seed: 5, steps: 6 },
    ]);
    const [a, b] = runs.map((run) => run.valid!.dice!) as [number, number];
    expect(valid!.dice).toMatchObject({ count: 2, min: Math.min(a, b), max: Math.max(a, b) });
    expect(valid!.dice.mean).toBeCloseTo((a + b) / 2, 12);
    expect(valid!.dice.deviation).toBeCloseTo(Math.abs(a - b) / Math.SQRT2, 12);
    expect(twice).toBeNull();

    const kept = join(folder, 'runs/reproduce/seed-5/train.json');
    const [result, endedMs] = [await readFile(kept, 'utf8'), (await stat(kept)).mtimeMs];
    await unlearn(kept, endedMs / 1000 - 60);
    const more = reproduce(folder, '--seeds', '3,5,7');
    const spread = () => readFile(join(folder, 'runs/reproduce/spread.json'), 'utf8');
    const before = await spread();
    await until(() => existsSync(join(folder, 'runs/reproduce/seed-7/train/metrics.jsonl')));
    interrupt(more);
    const stopped = await more;
    expect(stopped.exitCode).toBe(130);
    const lines = stopped.stderr.split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'Seed 3: training is finished, in runs/reproduce/seed-3',
      'Seed 5: training is finished, in runs/reproduce/seed-5',
      'Seed 7: training, in runs/reproduce/seed-7',
    ]);
    // One of the training and one of its parent, who has handed the signal on once.
    const orderly = 'Stopping in an orderly way; once more stops at once.';
    expect(lines.filter((line) => line.startsWith('Stop'))).toEqual([
      ...[orderly, orderly],
      ...['Stopped by SIGINT', 'Stopped by SIGINT'],
    ]);
    // Reached by a second signal, it would have kept nothing.
    expect(stopped.stderr).toMatch(/^Kept as it was after step \d/m);
    expect(await spread()).toBe(before);
    const { key: sameKey, result: sameResult } = JSON.parse(result);
    const found = JSON.parse(await readFile(kept, 'utf8'));
    expect(found).toEqual({ key: sameKey, result: { ...sameResult, seconds: expect.any(Number) } });

    // Begun after the training that its checkpoints tell of, which was one on another device, say.
    await unlearn(kept, Date.now() / 1000);
    const later = reproduce(folder, '--seeds', '3,5');
    let said = '';
    later.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    await until(() => /^Seed 5: /m.test(said));
    interrupt(later);
    await later;
    expect(said).toContain('Seed 5: training, in runs/reproduce/seed-5');
  }, 150_000);

  it('ends where a training fails, and keeps what is finished', async () => {
    const folder = await makeProject(await makeFolder(), 1);
    const shard = join(folder, 'prepared/images/valid-000.tar');
    await writeFile(shard, Buffer.alloc((await stat(shard)).size));
    const { exitCode, stderr, stdout } = await reproduce(folder, '--seeds', '2');
    expect(stderr.split('\n').at(-1)).toBe(
      'error: aerial train ended with exit code 1: mend what it says above and run the same command again; what is finished is kept',
    );
    expect([exitCode, stdout]).toEqual([1, '']);
  }, 60_000);

  it.each([
    [['--seeds', '0'], 'Expected how many (1 to 99), or which'],
    [['--seeds', '100'], 'Expected how many'],
    [['--seeds', '17,17'], 'different whole numbers'],
    [['--seeds', '17,'], 'Expected how many'],
    [['--seeds', '17,2147483648'], 'from 0 to 2147483647'],
    [['--seeds', '1'], '--seeds must give two seeds or more'],
    [['--seeds', '3', '--set', 'seed=2147483646'], '--seeds must not lead beyond 2147483647'],
    [['--set', 'seed=-1'], '--set seed must be >= 0, got -1'],
  ])('refuses %j', async (flags, message) => {
    const folder = await makeProject(await makeFolder(), 1);
    const { exitCode, stderr, stdout } = await reproduce(folder, ...flags);
    expect(stderr).toContain(message);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(existsSync(join(folder, 'runs/reproduce'))).toBe(false);
  });

  it('without prepared data says in one line what to do', async () => {
    const folder = await makeProject(await makeFolder(), 1);
    const { exitCode, stderr } = await reproduce(folder, '--set', 'paths.prepared=elsewhere');
    expect(stderr).toMatch(/^error: .*data-prep.*$/);
    expect(exitCode).toBe(1);
  });
});
