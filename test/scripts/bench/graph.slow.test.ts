import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findTorch } from '../../../scripts/bench/graph/torch.ts';

const MAIN = fileURLToPath(new URL('../../../scripts/bench/main.ts', import.meta.url));
const python = process.env.TORCH_PYTHON || 'python3';
const { torch, missing } = await findTorch(python);

function bench(suite: string, environment: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, suite, '--quick', '--json'], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}

describe('npm run bench -- graph --quick --json', () => {
  it('runs without PyTorch, and says that it did', () => {
    const { results, contestants, notes } = bench('graph', { TORCH_PYTHON: process.execPath });
    const prototype = results.filter(({ name }: { name: string }) => name.includes('prototype'));
    expect(prototype).toHaveLength(1);
    expect(prototype[0]).toMatchObject({ peer: null, ratio: null, limit: 0.95, unit: 'ms' });
    const own = results.find(({ name }: { name: string }) => name === 'own-model/compiled-float32');
    expect(own).toMatchObject({ against: 'own-model/eager', limit: 0.6 });
    expect(own.ratio).toBeCloseTo(own.ours / own.peer, 9);
    expect(contestants.map(({ name }: { name: string }) => name).join()).not.toContain('pytorch');
    expect(notes.join()).toContain('PyTorch did not take part');
  });

  it('holds the same work against PyTorch', (context) => {
    if (!torch?.vision) context.skip(missing!);
    const { results, contestants } = bench('graph');
    expect(results.every(({ ratio }: { ratio: number }) => ratio > 0)).toBe(true);
    for (const network of ['prototype', 'own-model']) {
      const of = contestants.filter(({ name }: { name: string }) => name.startsWith(network));
      expect(new Set(of.map(({ parameters }: { parameters: number }) => parameters)).size).toBe(1);
    }
  });
});

describe('npm run bench -- graph-memory --quick --json', () => {
  it('samples memory, and finds that no tensor is left behind', () => {
    const { results, curve } = bench('graph-memory');
    expect(curve.map(({ step }: { step: number }) => step)).toEqual([50, 100, 150, 200]);
    const tensors = results.find(({ unit }: { unit: string }) => unit === 'tensors');
    expect([tensors.ours, tensors.limit]).toEqual([0, 0]);
  });
});

describe('npm run bench -- graph-start --quick --json', () => {
  it('is faster with a cache of graphs', () => {
    const { results, contestants } = bench('graph-start');
    expect(results[0].ratio).toBeLessThan(1);
    expect(contestants.map(({ name }: { name: string }) => name)).toEqual([
      'own-model/no cache',
      'own-model/cache',
    ]);
  });
});
