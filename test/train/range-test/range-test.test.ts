import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareData } from '../../../src/data/prepare.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { runRangeTest } from '../../../src/train/range-test/range-test.ts';
import { collectLog } from '../../support/collect-log.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const folder = await mkdtemp(join(tmpdir(), 'aerial-range-'));
const params = tinyParams(folder);
Object.assign(params.data.synthetic, { train: 10, valid: 1, test: 1 });
Object.assign(params.data, { workers: 0 });
beforeAll(() => prepareData(params, collectLog()));
afterAll(() => rm(folder, { recursive: true }));

const context = () => ({ log: collectLog(), signal: new AbortController().signal });

interface RangeFile {
  points: { step: number; learning_rate: number; loss: number; smoothed: number }[];
}

describe('runRangeTest', () => {
  it('trains with growing rates, writes what it saw, and nothing else', async () => {
    const before = tf.memory().numTensors;
    const found = await runRangeTest(params, { from: 1e-5, to: 0.1, steps: 13 }, context());
    expect(tf.memory().numTensors).toBe(before);
    expect(found).toMatchObject({
      key: 'train.learning_rate',
      current: params.train.learning_rate,
      steps: 13,
    });
    expect(found.stopped).toBe(null);
    const { points, ...summary } = JSON.parse(await readFile(found.range, 'utf8')) as RangeFile;
    const { range: _, curve, ...expected } = found;
    expect(summary).toEqual(expected);
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
    // More updates than an epoch has: five batches of two.
    expect(points[0]!.learning_rate).toBe(1e-5);
    expect(points[12]!.learning_rate).toBeCloseTo(0.1, 12);
    for (let i = 1; i < 13; i++) {
      expect(points[i]!.learning_rate / points[i - 1]!.learning_rate).toBeCloseTo(10 ** (4 / 12), 10);
    }
    expect(points.every(({ loss, smoothed }) => loss > 0 && smoothed > 0)).toBe(true);
    expect(await readFile(curve, 'utf8')).toMatch(/^<svg .*train\.learning_rate/s);
    expect((await readdir(params.paths.runs)).toSorted()).toEqual(['graph-cache', 'range_test']);
    expect((await readdir(join(params.paths.runs, 'range_test'))).toSorted()).toEqual([
      'curve.svg',
      'range.json',
    ]);
  }, 120_000);
  it.each([
    ['diverged', 1e-2, 1e2],
    ['not_finite', 1e20, 1e30],
  ] as const)(
    'stops early: %s, and has the points before that',
    async (stopped, from, to) => {
      // Without a bound on the gradient nothing holds such rates.
      const wild = {
        ...params,
        train: { ...params.train, optimizer: 'sgd' as const, gradient_clip_norm: 1e9 },
      };
      const found = await runRangeTest(wild, { from, to, steps: 40 }, context());
      expect(found.stopped).toBe(stopped);
      expect(found.steps).toBeLessThan(40);
      const { points } = JSON.parse(await readFile(found.range, 'utf8')) as RangeFile;
      expect(points).toHaveLength(found.steps);
      expect(points.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    },
    120_000,
  );
  it('looks at the first phase of transfer', async () => {
    const { transfer } = params.train;
    const train = {
      ...params.train,
      ...{ model_type: 'transfer' as const, compile: false },
      transfer: { ...transfer, weights: null, freeze: { ...transfer.freeze, learning_rate: 0.003 } },
    };
    const model = { ...params.model, transfer: { backbone: 'resnet18' as const } };
    const found = await runRangeTest(
      { ...params, model, train },
      { from: 1e-5, to: 1e-4, steps: 2 },
      context(),
    );
    expect(found).toMatchObject({
      key: 'train.transfer.freeze.learning_rate',
      current: 0.003,
      suggestion: null,
    });
  }, 120_000);
  it('ends with the reason when it is stopped, and keeps the curve of the test before', async () => {
    const path = join(params.paths.runs, 'range_test', 'range.json');
    const before = await readFile(path, 'utf8');
    const stop = new AbortController();
    const reason = new Error('enough');
    stop.abort(reason);
    const options = { from: 1e-5, to: 0.1, steps: 12 };
    await expect(runRangeTest(params, options, { log: collectLog(), signal: stop.signal })).rejects.toBe(
      reason,
    );
    expect(await readFile(path, 'utf8')).toBe(before);
  }, 120_000);
});
