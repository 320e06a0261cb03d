import { describe, expect, it } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import { createAccumulation } from '../../src/graph/optimizers/accumulation.ts';
import { createLossScale } from '../../src/graph/optimizers/loss-scale.ts';
import { createMovingAverage } from '../../src/graph/optimizers/moving-average.ts';
import type { Gradients } from '../../src/graph/optimizers/optimizer.ts';
import { valueWhen, when } from '../../src/graph/when.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { type Example, expectSameAsEager } from '../support/eager-and-compiled.ts';
import { expectClose } from '../support/tensors.ts';

/** Calls with x = 1, -1, 2, -2, 3: the condition that most cases take is `x > 0`. */
const calls = [1, -1, 2, -2, 3].map((n) => ({ x: tf.scalar(n) }));

function variables() {
  return { v: tf.variable(tf.tensor1d([10, 20])), u: tf.variable(tf.tensor1d([-1, 5])) };
}

describe('when, compiled as op by op', () => {
  const cases: [string, Example['fn']][] = [
    [
      'a variable changed under it and read after it',
      ({ x }, { v }) => {
        when(x.greater(0), () => v!.assign(v!.mul(x)));
        return { v: v!.add(0) };
      },
    ],
    [
      'one way and the other',
      ({ x }, { v, u }) => {
        when(x.greater(0), () => v!.assign(v!.add(x)));
        when(x.lessEqual(0), () => u!.assign(u!.sub(v!)));
        return { sum: v!.add(u!) };
      },
    ],
    [
      'a variable changed before, under and after it',
      ({ x }, { v }) => {
        v!.assign(v!.add(1));
        const before = v!.mul(1);
        when(x.greater(0), () => {
          v!.assign(v!.mul(2));
          v!.assign(v!.add(x));
        });
        const after = v!.mul(1);
        v!.assign(v!.sub(3));
        return { before, after };
      },
    ],
    [
      'a variable that was read before and one that is read under it first',
      ({ x }, { v, u }) => {
        const before = v!.mul(x);
        when(x.greater(0), () => v!.assign(u!.add(before)));
        return { sum: v!.add(u!) };
      },
    ],
    [
      'a copy taken before, used after',
      ({ x }, { v }) => {
        const copy = v!.clone();
        when(x.greater(0), () => v!.assign(tf.tensor1d([7, 7])));
        return { gained: v!.sub(copy) };
      },
    ],
    [
      'assigned from another variable, which changes after',
      ({ x }, { v, u }) => {
        when(x.greater(0), () => v!.assign(u!));
        u!.assign(u!.add(x));
        return { difference: u!.sub(v!) };
      },
    ],
    [
      'one in another',
      ({ x }, { v, u }) => {
        when(x.greater(0), () => {
          v!.assign(v!.add(1));
          when(v!.sum().greater(34), () => {
            u!.assign(u!.add(v!));
            when(x.greater(2), () => v!.assign(v!.neg()));
          });
          v!.assign(v!.add(u!));
        });
        return { sum: v!.add(u!) };
      },
    ],
    [
      'a condition that a variable gives, which changes under it',
      ({ x }, { v }) => {
        when(v!.sum().greater(30), () => v!.assign(v!.mul(0)));
        when(v!.sum().lessEqual(30), () => v!.assign(v!.add(x.abs().mul(20))));
        return {};
      },
    ],
    [
      'nothing under it, and nothing but a read',
      ({ x }, { v }) => {
        when(x.greater(0), () => {});
        when(x.greater(0), () => {
          v!.mul(2);
        });
        return { v: v!.add(x) };
      },
    ],
    [
      'a gradient taken under it',
      ({ x }, { v }) => {
        when(x.greater(0), () => {
          const gradient = tf.grad((at: tf.Tensor) => at.square().sum().mul(x))(v!);
          v!.assign(v!.sub(gradient.mul(0.1)));
        });
        return {};
      },
    ],
    [
      'a value of what changed under it',
      ({ x }, { v }) => {
        const change = () => {
          v!.assign(v!.mul(x));
          return v!.sum().add(x);
        };
        const value = valueWhen(x.greater(0), change, () => x.neg());
        v!.assign(v!.add(1));
        return { twice: value.mul(2), sum: v!.add(value) };
      },
    ],
    [
      'values that are there in any case: an input, a constant, a variable',
      ({ x }, { v }) => {
        const given = valueWhen(
          x.greater(0),
          () => x,
          () => tf.scalar(7),
        );
        const kept = valueWhen(
          x.greater(1),
          () => tf.tensor1d([3, 4]),
          () => v!.clone(),
        );
        v!.assign(v!.add(given));
        return { given, kept };
      },
    ],
    [
      'a value of one in another',
      ({ x }, { v, u }) => {
        const inner = () => {
          u!.assign(u!.add(v!));
          const value = valueWhen(
            x.greater(2),
            () => {
              v!.assign(v!.neg());
              return v!.sum();
            },
            () => u!.sum(),
          );
          return value.add(1);
        };
        return { value: valueWhen(x.greater(0), inner, () => tf.scalar(0)) };
      },
    ],
  ];
  it.each(cases)('%s', async (_, fn) => {
    await expectSameAsEager({ variables, fn, calls });
    // Recorded with the condition false.
    await expectSameAsEager({ variables, fn, calls, compiledWith: calls[1]! });
  });

  it('leaves out what costs time: an error under it happens only where it holds', async () => {
    const v = tf.variable(tf.scalar(0, 'int32'));
    const fn = ({ x }: { x: tf.Tensor }) => {
      when(x.greater(0), () => v.assign(tf.gather(tf.tensor1d([4, 5], 'int32'), x.cast('int32')).asScalar()));
      return {};
    };
    const program = await compile(fn, { x: tf.scalar(1) }, { state: new Map([['v', v]]) });
    program.run({ x: tf.scalar(-9) });
    expectClose(program.state.read().get('v')!, [0]);
    expect(() => program.run({ x: tf.scalar(2) })).toThrow('indices = 2 is not in [0, 2)');
    program.dispose();
  });

  it('refuses a tensor made under it anywhere else', async () => {
    const compiling = (use: (made: tf.Tensor, x: tf.Tensor) => Record<string, tf.Tensor>) =>
      compile(
        ({ x }: { x: tf.Tensor }) => {
          let made: tf.Tensor = x;
          when(x.greater(0), () => {
            made = x.add(1);
          });
          return use(made, x);
        },
        { x: tf.tensor1d([1]) },
        { state: new Map() },
      );
    const what = 'uses a tensor (float32 [1]) that exists only where the condition of when() holds';
    await expect(compiling((made) => ({ y: made.mul(2) }))).rejects.toThrow(
      `Cannot compile: mul ${what}, at test/graph/when.test.ts:`,
    );
    await expect(
      compiling((made, x) => {
        when(x.greater(0), () => {
          made.mul(2);
        });
        return {};
      }),
    ).rejects.toThrow(`Cannot compile: mul ${what}`);
    await expect(compiling((made) => ({ made }))).rejects.toThrow(
      'uses a tensor (the output made) that exists only where',
    );
  });

  it('refuses a copy of a variable taken under it after it changed there', async () => {
    const v = tf.variable(tf.scalar(1));
    const fn = ({ x }: { x: tf.Tensor }) => {
      let copy: tf.Tensor = x;
      when(x.greater(0), () => {
        v.assign(v.add(1));
        when(x.greater(1), () => v.assign(v.add(1)));
        copy = v.clone();
      });
      return { y: copy.add(1) };
    };
    const compiling = compile(fn, { x: tf.scalar(1) }, { state: new Map([['v', v]]) });
    await expect(compiling).rejects.toThrow('exists only where the condition of when() holds');
  });
});

describe('valueWhen', () => {
  it('refuses its value outside of the when() that it is in', async () => {
    const fn = ({ x }: { x: tf.Tensor }) => {
      let inner: tf.Tensor = x;
      when(x.greater(0), () => {
        inner = valueWhen(
          x.greater(1),
          () => x,
          () => x.neg(),
        );
      });
      return { y: inner.mul(2) };
    };
    await expect(compile(fn, { x: tf.scalar(1) }, { state: new Map() })).rejects.toThrow(
      'exists only where the condition of when() holds',
    );
  });
  const compiling = (taken: (x: tf.Tensor) => tf.Tensor, skipped: (x: tf.Tensor) => tf.Tensor) =>
    compile(
      ({ x }: { x: tf.Tensor }) => ({
        y: valueWhen(
          x.sum().greater(0),
          () => taken(x),
          () => skipped(x),
        ),
      }),
      { x: tf.tensor1d([1, 2]) },
      { state: new Map() },
    );
  it('refuses values that differ in shape or type', async () => {
    await expect(
      compiling(
        (x) => x.sum(),
        (x) => x,
      ),
    ).rejects.toThrow(
      'gets float32 [2] where the condition of valueWhen() does not hold, float32 [] where it does, at ',
    );
    await expect(
      compiling(
        (x) => x.cast('int32'),
        (x) => x,
      ),
    ).rejects.toThrow('gets float32 [2] where the condition of valueWhen() does not hold, int32 [2] where');
  });
});

describe('what is built on it', () => {
  it('sums gradients and begins anew', async () => {
    const accumulations = new Map<tf.Variable, ReturnType<typeof createAccumulation>>();
    await expectSameAsEager({
      variables: () => {
        const w = tf.variable(tf.tensor1d([1, 2]));
        const accumulation = createAccumulation(new Map([['w', w]]));
        accumulations.set(w, accumulation);
        return { w, ...Object.fromEntries(accumulation.state) };
      },
      fn: ({ gradient, last }, { w }) => {
        const update = (means: Gradients) => {
          w!.assign(w!.sub(means.get('w')!));
          return w!.sum();
        };
        const batch = { loss: gradient.sum(), last };
        const gradients = new Map([['w', gradient]]);
        return { sum: accumulations.get(w!)!.add(gradients, batch, update, () => tf.scalar(-1)) };
      },
      calls: Array.from({ length: 7 }, (_, i) => ({
        gradient: tf.tensor1d([i, 1]),
        last: tf.scalar(i % 3 === 2, 'bool'),
      })),
    });
  });

  it('skips an overflow, halves the scale and doubles it again, with an average inside', async () => {
    const weights = tf.variable(tf.tensor1d([1, 2]));
    const average = createMovingAverage(new Map([['w', weights]]), 0.5);
    const lossScale = createLossScale({ initialScale: 8, growthInterval: 2 });
    const step = ({ gradient, at }: { gradient: tf.Tensor; at: tf.Scalar }) => {
      const scaled = gradient.mul(lossScale.scale(tf.scalar(1)));
      const unscaled = lossScale.unscale(new Map([['w', scaled]])).get('w')!;
      const finite = tf.isFinite(unscaled).all();
      when(finite, () => {
        weights.assign(weights.sub(unscaled));
        average.update(at);
      });
      lossScale.update(finite);
      return {};
    };
    const state = new Map<string, tf.Variable>([['w', weights], ...average.state, ...lossScale.state]);
    const gradients = [
      [1, 1],
      [Number.POSITIVE_INFINITY, 1],
      [1, 0],
      [Number.NaN, 0],
      [0, 1],
      [0, 1],
      [0, 1],
    ];
    const inputs = gradients.map((gradient, i) => ({
      gradient: tf.tensor1d(gradient),
      at: tf.scalar(100 + i),
    }));
    const program = await compile(step, inputs[0]!, { state });
    const seen = inputs.map((input) => {
      program.run(input);
      const [w, mean, scale] = ['w', 'w/average', 'loss-scale/scale'].map((name) => [
        ...program.state.read([name]).get(name)!.dataSync(),
      ]);
      return { w, mean, scale: scale![0] };
    });
    expect(seen).toEqual([
      { w: [0, 1], mean: [0.5, 1.5], scale: 8 },
      { w: [0, 1], mean: [0.5, 1.5], scale: 4 },
      { w: [-1, 1], mean: [-0.25, 1.25], scale: 4 },
      { w: [-1, 1], mean: [-0.25, 1.25], scale: 2 },
      { w: [-1, 0], mean: [-0.625, 0.625], scale: 2 },
      { w: [-1, -1], mean: [-0.8125, -0.1875], scale: 4 },
      { w: [-1, -2], mean: [-0.90625, -1.09375], scale: 4 },
    ]);
    program.dispose();
  });
});
