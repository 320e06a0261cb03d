import { describe, expect, it } from 'vitest';
import { compileProgram } from '../../src/graph/program.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose } from '../support/tensors.ts';

describe('compileProgram', () => {
  const w = tf.variable(tf.scalar(2));
  const functions = {
    train: {
      fn: ({ rate }: { rate: tf.Scalar }) => {
        w.assign(w.mul(rate));
        return {};
      },
      exampleInputs: { rate: tf.scalar(1) },
    },
    predict: {
      fn: ({ input }: { input: tf.Tensor1D }) => ({ y: input.mul(w) }),
      exampleInputs: { input: tf.tensor1d([0, 0]) },
    },
  };

  it('lets its functions share their variables', async () => {
    const program = await compileProgram(functions, { state: new Map([['w', w]]) });
    const input = tf.tensor1d([1, 2]);
    expectClose(program.functions.predict({ input }).y, [2, 4]);
    expect(program.functions.train({ rate: tf.scalar(3) })).toEqual({});
    program.functions.train({ rate: tf.scalar(3) });
    expectClose(program.functions.predict({ input }).y, [18, 36]);
    expectClose(w, [2]);
    program.dispose();
  });

  it('keeps two programs of the same variables apart', async () => {
    const [first, second] = [
      await compileProgram(functions, { state: new Map([['w', w]]) }),
      await compileProgram(functions, { state: new Map([['w', w]]) }),
    ];
    first.functions.train({ rate: tf.scalar(5) });
    const input = tf.tensor1d([1, 1]);
    expectClose(first.functions.predict({ input }).y, [10, 10]);
    first.dispose();
    expectClose(second.functions.predict({ input }).y, [2, 2]);
    second.dispose();
  });

  it('is recorded without computing: a function of any size takes no memory of its own', async () => {
    // 640 GB, if it ran.
    const fn = ({ x }: { x: tf.Tensor2D }) => tf.tidy(() => ({ y: tf.tile(x, [400_000, 400_000]).sum() }));
    const program = await compileProgram(
      { spread: { fn, exampleInputs: { x: tf.ones<tf.Rank.R2>([1, 1]) } } },
      { state: new Map() },
    );
    expect(program.origin.nodes).toBeGreaterThan(2);
    program.dispose();
  });

  it('says how it came to be', async () => {
    const { origin } = await compileProgram(functions, { state: new Map([['w', w]]) });
    expect(origin).toMatchObject({ cached: false, cacheError: null });
    expect(origin.nodes).toBeGreaterThan(5);
    expect(origin.recordMs).toBeGreaterThan(0);
    expect(origin.loadMs).toBeGreaterThan(0);
  });
});
