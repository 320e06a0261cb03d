import { describe, expect, it } from 'vitest';
import { torchRows } from '../../scripts/gradients/against-torch.ts';
import { differenceQuotient } from '../../scripts/gradients/difference-quotient.ts';
import { directionalRows } from '../../scripts/gradients/directional.ts';
import { createFixedLoss } from '../../scripts/gradients/fixed-loss.ts';
import { subjectParams } from '../../scripts/gradients/subjects.ts';
import { faultsOf, formatTables, type Tables } from '../../scripts/gradients/tables.ts';
import { tf } from '../../src/system/tensorflow.ts';

const GROUPS = ['backbone', 'fpn', 'rpn', 'box', 'mask', 'last layers'];

describe('the gradient of the whole loss', () => {
  it('agrees with its differences in every group of weights', async () => {
    const subject = 'custom, all terms';
    const params = await subjectParams(subject);
    const before = tf.memory().numTensors;
    const loss = createFixedLoss(params);
    const start = new Map([...loss.variables].map(([name, variable]) => [name, variable.dataSync()]));
    const rows = directionalRows(loss, params.seed);
    expect(rows.map(({ group }) => group)).toEqual(GROUPS);
    const tables: Tables = { directional: rows.map((row) => ({ subject, ...row })), torch: [] };
    expect(faultsOf(tables)).toEqual([]);
    // What the branches leave is far less than what kinks leave, where there are any.
    const { smooth, free, kinks } = rows[0]!;
    expect(kinks).toBeGreaterThan(0);
    expect(smooth.relativeError).toBeLessThan(free.relativeError / 5);
    for (const [name, variable] of loss.variables) expect(variable.dataSync(), name).toEqual(start.get(name));
    loss.dispose();
    expect(tf.memory().numTensors).toBe(before);
  }, 120_000);
  it('is taken at a loss that is the same with its branches held', async () => {
    const loss = createFixedLoss(await subjectParams('custom'));
    const branches = loss.branches();
    expect(branches.length).toBeGreaterThan(20);
    expect(loss.value(branches)).toBeCloseTo(loss.value(), 6);
    tf.dispose([...branches]);
    loss.dispose();
  });
});

describe('single ops against PyTorch', () => {
  it('agree in values and gradients', async () => {
    const torch = await torchRows();
    expect(torch.length).toBe(17);
    expect(faultsOf({ directional: [], torch })).toEqual([]);
  });
});

describe('differenceQuotient', () => {
  it('is the derivative of a smooth function', () => {
    const { value, uncertainty } = differenceQuotient((x) => Math.exp(2 * x), { first: 0.1, count: 10 });
    expect(Math.abs(value - 2)).toBeLessThan(1e-6);
    expect(Math.abs(value - 2)).toBeLessThan(uncertainty);
  });
  it('bears the rounding of float32', () => {
    const f = (x: number) => Math.fround(3 + Math.sin(x));
    const { value, uncertainty } = differenceQuotient(f, { first: 0.1, count: 14 });
    expect(Math.abs(value - 1)).toBeLessThan(1e-4);
    expect(uncertainty).toBeLessThan(1e-3);
  });
  it('says that it is uncertain where there are kinks', () => {
    const kinks = [-0.03, 0.011, 0.004, -0.0013, 0.0005];
    const f = (x: number) => kinks.reduce((sum, at) => sum + Math.max(0, x - at), x);
    const { value, uncertainty } = differenceQuotient(f, { first: 0.1, count: 5 });
    // Kinks below 0 are on: two of the five.
    expect(Math.abs(value - 3)).toBeGreaterThan(0.01);
    expect(uncertainty).toBeGreaterThan(0.1 * Math.abs(value - 3));
  });
  it('needs three steps', () => {
    expect(() => differenceQuotient((x) => x, { first: 1, count: 2 })).toThrow(
      /expected 3 steps or more, got 2/,
    );
  });
});

describe('faultsOf and formatTables', () => {
  const estimate = { value: 1, uncertainty: 1e-5, step: 0.1, relativeError: 1e-5 };
  const row = {
    ...{ subject: 'custom', group: 'rpn', weights: 9, withoutGradient: [] as string[] },
    ...{ analytic: 1, smooth: estimate, free: estimate, kinks: 0 },
  };
  const op = { name: 'dice', valueError: 1e-7, gradientError: 1e-7 };

  it.each<[string, Tables]>([
    [
      'custom: rpn: relative error',
      { directional: [{ ...row, smooth: { ...estimate, relativeError: 2e-3 } }], torch: [] },
    ],
    [
      'custom: rpn, with kinks: relative error',
      { directional: [{ ...row, free: { ...estimate, relativeError: 0.5 } }], torch: [] },
    ],
    [
      'custom: rpn: relative error NaN',
      { directional: [{ ...row, smooth: { ...estimate, relativeError: Number.NaN } }], torch: [] },
    ],
    [
      'custom: rpn.conv.bias has no gradient',
      { directional: [{ ...row, withoutGradient: ['rpn.conv.bias'] }], torch: [] },
    ],
    ['dice, values: relative error', { directional: [], torch: [{ ...op, valueError: 1e-4 }] }],
    ['dice, gradient: relative error', { directional: [], torch: [{ ...op, gradientError: 1e-4 }] }],
  ])('name what is wrong: %s', (message, tables) => {
    expect(faultsOf(tables)).toHaveLength(1);
    expect(faultsOf(tables)[0]).toContain(message);
  });
  it('find nothing wrong, and print a row for each', () => {
    const tables: Tables = { directional: [row], torch: [op] };
    expect(faultsOf(tables)).toEqual([]);
    const lines = formatTables(tables).split('\n');
    expect(lines.filter((line) => line.startsWith('custom ') || line.startsWith('dice '))).toHaveLength(2);
  });
});
