import { describe, expect, it } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import { DataType } from '../../src/graph/graph.ts';
import { applyStateOp } from '../../src/graph/state-update.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { type Example, expectSameAsEager } from '../support/eager-and-compiled.ts';
import { expectClose } from '../support/tensors.ts';

type Inputs = Record<string, tf.Tensor>;

/** `v += amount` by an op that works in place. */
function addInPlace(v: tf.Variable, amount: tf.Tensor): void {
  applyStateOp({
    op: 'AssignAddVariableOp',
    variables: [v],
    inputs: [amount],
    attributes: { dtype: { type: DataType.FLOAT } },
    eager: () => tf.tidy(() => v.assign(v.add(amount))),
  });
}

/** Calls with x = [1, 2], [2, 3] and [3, 4]. */
const calls = [1, 2, 3].map((n) => ({ x: tf.tensor1d([n, n + 1]) }));

function variables() {
  return { v: tf.variable(tf.tensor1d([10, 20])), u: tf.variable(tf.tensor1d([-1, 5])) };
}

function example(fn: Example['fn']): Example {
  return { variables, fn, calls };
}

describe('reads and writes keep their order', () => {
  const cases: [string, Example['fn']][] = [
    [
      'read, changed, read again',
      ({ x }, { v }) => {
        const before = v!.mul(x);
        v!.assign(v!.add(x));
        return { before, after: v!.mul(x) };
      },
    ],
    [
      'changed twice',
      ({ x }, { v }) => {
        v!.assign(v!.add(x));
        v!.assign(v!.mul(2));
        return { v: v!.add(0) };
      },
    ],
    [
      'changed and never read',
      ({ x }, { v }) => {
        v!.assign(x);
        return {};
      },
    ],
    [
      'changed in place, read before and after',
      ({ x }, { v }) => {
        const before = v!.mul(1);
        addInPlace(v!, x);
        addInPlace(v!, x);
        return { before, after: v!.mul(1), gained: v!.sub(before) };
      },
    ],
    [
      'assigned, then changed in place, then assigned',
      ({ x }, { v }) => {
        v!.assign(v!.mul(2));
        addInPlace(v!, x);
        v!.assign(v!.mul(3));
        return { v: v!.add(0) };
      },
    ],
    [
      'a copy taken before a change in place and used after it only',
      ({ x }, { v }) => {
        const copy = v!.clone();
        addInPlace(v!, x);
        return { gained: v!.sub(copy) };
      },
    ],
    [
      'a copy taken before an assignment and used after a later change',
      ({ x }, { v, u }) => {
        const copy = v!.clone();
        v!.assign(x);
        addInPlace(u!, x);
        return { gained: v!.sub(copy) };
      },
    ],
    [
      'a variable assigned from another, which then changes in place',
      ({ x }, { v, u }) => {
        v!.assign(u!);
        addInPlace(u!, x);
        addInPlace(v!, v!);
        return { difference: u!.sub(v!) };
      },
    ],
    [
      'two variables that change places',
      (_: unknown, { v, u }) => {
        const copy = v!.clone();
        v!.assign(u!);
        u!.assign(copy);
        return {};
      },
    ],
    [
      'a variable that is an input of its own change, and of another’s',
      ({ x }, { v, u }) => {
        addInPlace(v!, v!);
        addInPlace(u!, v!);
        addInPlace(v!, u!.mul(x));
        return {};
      },
    ],
    [
      'a gradient taken before the change that uses it',
      ({ x }, { v, u }) => {
        const gradient = tf.grad((at: tf.Tensor) => at.square().mul(x).sum())(v!);
        addInPlace(v!, gradient);
        const next = tf.grad((at: tf.Tensor) => at.square().mul(x).sum())(v!);
        addInPlace(u!, next);
        return { gradient, next };
      },
    ],
    [
      'assigned a constant and assigned an input',
      ({ x }, { v, u }) => {
        v!.assign(tf.tensor1d([3, 4]));
        u!.assign(x);
        return { sum: v!.add(u!) };
      },
    ],
    [
      'assigned its own value',
      (_: unknown, { v }) => {
        v!.assign(v!.clone());
        return { v: v!.mul(1) };
      },
    ],
    [
      'an average that follows the new weight',
      ({ x }, { v, u }) => {
        const gradient = v!.mul(x);
        v!.assign(v!.sub(gradient.mul(0.1)));
        u!.assign(u!.add(v!.sub(u!).mul(0.5)));
        return { gradient };
      },
    ],
    [
      'tfjs’ own optimizer without memory, made inside',
      ({ x }, { v }) => {
        tf.train.sgd(0.1).minimize(() => v!.mul(x).sum().asScalar(), false, [v!]);
        return {};
      },
    ],
  ];
  it.each(cases)('%s', async (_, fn) => {
    await expectSameAsEager(example(fn));
  });

  it('two variables made from one tensor', async () => {
    const one = tf.tensor1d([1, 2]);
    await expectSameAsEager({
      ...example(({ x }: Inputs, { v, u }) => {
        const before = { v: v!.mul(1), u: u!.mul(1) };
        addInPlace(v!, x!);
        u!.assign(u!.mul(3));
        return { before, difference: v!.sub(u!) };
      }),
      variables: () => ({ v: tf.variable(one), u: tf.variable(one) }),
    });
  });

  it('one variable under two names', async () => {
    await expectSameAsEager({
      ...example(({ x }: Inputs, { v, u }) => {
        v!.assign(v!.add(x!));
        return { same: u!.mul(2) };
      }),
      variables: () => {
        const v = tf.variable(tf.tensor1d([1, 2]));
        return { v, u: v };
      },
    });
  });
});

describe('compiled.state', () => {
  const compileStep = () => {
    const [w, count, untouched] = [
      tf.variable(tf.tensor1d([1, 2])),
      tf.variable(tf.scalar(0, 'int32')),
      tf.variable(tf.scalar(1)),
    ];
    const fn = ({ x }: { x: tf.Tensor }) => {
      addInPlace(w, tf.fill([2], 1).mul(x));
      count.assign(count.add(tf.scalar(1, 'int32')));
      return { w };
    };
    const state = new Map<string, tf.Variable>([
      ['layer/w', w],
      ['count', count],
      ['untouched', untouched],
    ]);
    return compile(fn, { x: tf.scalar(0) }, { state });
  };
  const one = { x: tf.scalar(1) };

  it('reads all that the functions use, or those that are named, in that order', async () => {
    const { state, run, dispose } = await compileStep();
    run(one);
    run(one);
    expect(state.names).toEqual(['layer/w', 'count']);
    const all = state.read();
    expect([...all.keys()]).toEqual(['layer/w', 'count']);
    expectClose(all.get('layer/w')!, [3, 4]);
    expectClose(all.get('count')!, [2]);
    expect([...state.read(['count', 'layer/w'])].map(([name, { dtype }]) => [name, dtype])).toEqual([
      ['count', 'int32'],
      ['layer/w', 'float32'],
    ]);
    expect(state.read([]).size).toBe(0);
    dispose();
  });

  it('gives values that later runs do not change, and so do outputs', async () => {
    const { state, run, dispose } = await compileStep();
    const before = state.read(['layer/w']).get('layer/w')!;
    const { w } = run(one);
    run(one);
    expectClose(before, [1, 2]);
    expectClose(w, [2, 3]);
    dispose();
  });

  it('writes those that are named, which stay what they are when the program runs', async () => {
    const { state, run, dispose } = await compileStep();
    const values = new Float32Array([50, 60]);
    const w = tf.tensor1d(values);
    state.write(new Map([['layer/w', w]]));
    state.write(new Map());
    run(one);
    expectClose(state.read().get('layer/w')!, [51, 61]);
    expectClose(w, [50, 60]);
    w.dispose();
    run(one);
    // TensorFlow uses the array's own memory.
    expectClose(values, [50, 60]);
    expectClose(state.read().get('count')!, [2]);
    dispose();
  });

  it('copies into variables', async () => {
    const { state, run, dispose } = await compileStep();
    run(one);
    const target = tf.variable(tf.zeros([2]));
    state.copyTo(new Map([['layer/w', target]]));
    run(one);
    expectClose(target, [2, 3]);
    dispose();
  });

  it('refuses names that it does not have, and other shapes and types', async () => {
    const { state, dispose } = await compileStep();
    const unknown = new RangeError('The program has no variable w; it has layer/w, count');
    expect(() => state.read(['w'])).toThrow(unknown);
    expect(() => state.write(new Map([['w', tf.zeros([2])]]))).toThrow(unknown);
    expect(() => state.copyTo(new Map([['w', tf.variable(tf.zeros([2]))]]))).toThrow(unknown);
    const expected = 'expected the shape and type it was compiled with';
    expect(() => state.write(new Map([['layer/w', tf.zeros([3])]]))).toThrow(
      new RangeError(`The variable layer/w is [2], got float32 [3]; ${expected}`),
    );
    expect(() => state.write(new Map([['count', tf.scalar(1)]]))).toThrow(
      new RangeError(`The variable count is [], got float32 []; ${expected}`),
    );
    expectClose(state.read().get('layer/w')!, [1, 2]);
    dispose();
  });
});
