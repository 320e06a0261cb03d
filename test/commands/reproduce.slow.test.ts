import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { Reproduction } from '../../src/reproduce/summarize.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { interrupt, makeProject, reproduce, until } from './reproduce-project.ts';

const makeFolder = useTempFolders();

describe('aerial reproduce', () => {
  it('trains and tests with each seed, does nothing twice, and finds equal weights for equal seeds', async () => {
    const folder = await makeProject(await makeFolder(), 1);
    const { exitCode, stdout, stderr } = await reproduce(
      folder,
      '--seeds',
      '3,5',
      '--twice',
      '--test',
      '--json',
    );
    expect(stderr).toContain('Seed 3 again: test, in runs/reproduce/seed-3-again');
    expect(exitCode).toBe(0);
    const result = JSON.parse(stdout) as Reproduction;
    expect(JSON.parse(await readFile(join(folder, 'runs/reproduce/spread.json'), 'utf8'))).toEqual(result);

    const [three, five, again] = result.runs;
    expect([three, five, again]).toMatchObject([
      { seed: 3, again: false, folder: 'runs/reproduce/seed-3', epochs: 1, steps: 3 },
      { seed: 5, again: false },
      { seed: 3, again: true },
    ]);
    expect(five!.weights_sha256).not.toBe(three!.weights_sha256);
    expect(five!.model_sha256).not.toBe(three!.model_sha256);
    expect(result.twice).toMatchObject({ seed: 3, same_weights: true, differences: { test: { iou: 0 } } });
    const metrics = await readFile(join(folder, five!.folder, 'inference_results/metrics.json'), 'utf8');
    expect(five!.test!.dice).toBe(JSON.parse(metrics).dice);
    const [a, b] = [three!.valid!.dice!, five!.valid!.dice!];
    expect(result.valid!.dice).toMatchObject({ count: 2, min: Math.min(a, b), max: Math.max(a, b) });
    expect(result.valid!.dice.mean).toBeCloseTo((a + b) / 2, 12);
    expect(result.valid!.dice.deviation).toBeCloseTo(Math.abs(a - b) / Math.SQRT2, 12);
    // One program for training and validation, and one for inference.
    const graphs = (await readdir(join(folder, 'runs/graph-cache'))).filter((name) =>
      /^[0-9a-f]{64}$/.test(name),
    );
    expect(graphs).toHaveLength(2);

    const second = await reproduce(folder, '--seeds', '3,5', '--twice');
    expect(second.stderr.split('\n')).toEqual(
      ['Seed 3', 'Seed 5', 'Seed 3 again'].map((run) =>
        expect.stringContaining(`${run}: training is finished`),
      ),
    );
    expect(second.stdout).toContain('Twice with seed 3: equal bit by bit');

    const other = await reproduce(folder, '--twice', '--set', 'train.learning_rate=0.001');
    expect(other.stderr).toContain('runs/reproduce/seed-17-again');
    expect(other.stderr).not.toContain('made anew');
    const changed = await reproduce(folder, '--seeds', '3,17', '--set', 'train.learning_rate=0.001');
    expect(changed.stderr).toContain(
      'warning: runs/reproduce/seed-3 holds a training of other params, data or code: it is made anew',
    );
    expect(changed.stderr).toContain('Seed 17: training is finished');
  });

  it('goes on after Ctrl-C and after SIGKILL where it was', async () => {
    const folder = await makeProject(await makeFolder(), 4);
    const has = (path: string) => () => existsSync(join(folder, 'runs/reproduce', path));
    const first = reproduce(folder, '--seeds', '2');
    await until(has('seed-17/train/metrics.jsonl'));
    interrupt(first);
    const stopped = await first;
    expect(stopped.exitCode).toBe(130);
    expect(stopped.stderr.split('\n').filter((line) => /^Stop/.test(line))).toEqual([
      'Stopping in an orderly way; once more stops at once.',
      'Stopping in an orderly way; once more stops at once.',
      'Stopped by SIGINT',
      'Stopped by SIGINT',
    ]);
    const kept = JSON.parse(await readFile(join(folder, 'runs/reproduce/seed-17/train.json'), 'utf8'));
    expect(kept).toEqual({ key: expect.any(String), result: null });

    const second = reproduce(folder, '--seeds', '2');
    await until(has('seed-18/train/metrics.jsonl'));
    const child = await childOf(second.pid!);
    second.kill('SIGKILL');
    await second;
    await until(() => !existsSync(`/proc/${child}`));

    const { exitCode, stderr } = await reproduce(folder, '--seeds', '2');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Seed 17: training is finished');
    expect(stderr).toMatch(/^Going on after step [1-9]/m);
    const spread = JSON.parse(await readFile(join(folder, 'runs/reproduce/spread.json'), 'utf8'));
    expect(spread.runs).toMatchObject([
      { epochs: 4, steps: 12 },
      { epochs: 4, steps: 12 },
    ]);
  });
});

async function childOf(pid: number): Promise<number> {
  const { stdout } = await execa('pgrep', ['-P', `${pid}`]);
  return Number(stdout.split('\n')[0]);
}
