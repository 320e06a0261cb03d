import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../../scripts/bench/main.ts', import.meta.url));
const bench = (args: string[], environment: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
const python = process.env.COCO_PYTHON || 'python3';
const hasPycocotools = spawnSync(python, ['-c', 'import numpy, pycocotools.cocoeval']).status === 0;

describe('npm run bench', () => {
  it.each([
    [['nonsense', '--json'], 'Unknown suite nonsense'],
    [[], 'Expected one suite, got 0'],
    [['evaluate', 'twice'], 'Expected one suite, got 2'],
    [['evaluate', '--loud'], "Unknown option '--loud'"],
  ])('refuses %j with the list of suites', (args, message) => {
    const { status, stdout, stderr } = bench(args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^ {2}evaluate {2}mask and box mAP/m);
    expect([status, stdout]).toEqual([2, '']);
  });

  it('says how to install a peer that is missing', () => {
    // Node knows no Python: it stands for a Python without the package.
    const { status, stdout, stderr } = bench(['evaluate'], { COCO_PYTHON: process.execPath });
    expect(stderr).toContain('-m pip install numpy pycocotools==2.0.11');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect([status, stdout]).toEqual([1, '']);
  });

  it('ends with one JSON line', { timeout: 60_000 }, (context) => {
    if (!hasPycocotools)
      context.skip(`${python} has no pycocotools: name a Python that has it in COCO_PYTHON`);
    const { status, stdout } = bench(['evaluate', '--quick', '--json']);
    expect(status).toBe(0);
    const { suite, results } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect([suite, results[0].name, results[0].unit]).toEqual(['evaluate', 'mask/time', 's']);
    expect([results[0].against, results[0].limit]).toEqual(['pycocotools', 0.333]);
    expect(results[0].ratio).toBeCloseTo(results[0].ours / results[0].peer, 9);
  });

  it('holds all figures against the reference', { timeout: 60_000 }, (context) => {
    if (!hasPycocotools)
      context.skip(`${python} has no pycocotools: name a Python that has it in COCO_PYTHON`);
    const { status, stdout, stderr } = bench(['evaluate-agreement', '--quick', '--json']);
    expect(status, stderr).toBe(0);
    const { results, notes } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(results.length).toBeGreaterThanOrEqual(2 * 14 + 4);
    expect(notes.join()).toContain('10 sets: ');
  });
});
