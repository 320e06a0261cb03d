import { describe, expect, it } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import type { TensorTree } from '../../src/graph/tensor-tree.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectSameAsEager, runCompiled } from '../support/eager-and-compiled.ts';
import { expectClose, uniformTensor } from '../support/tensors.ts';

const NO_STATE = { state: new Map() };
const x = tf.tensor1d([1, -2, 3]);

/** A convolution and a dense layer on 8 images; the gradients are tfjs'. */
function networkLoss(
  { images, labels }: { images: tf.Tensor4D; labels: tf.Tensor1D },
  { kernel, bias, dense }: Record<string, tf.Variable>,
): tf.Scalar {
  return tf.tidy(() => {
    const features = tf
      .conv2d(images, kernel as unknown as tf.Tensor4D, 1, 'same')
      .add(bias!)
      .relu();
    const pooled = tf.mean(tf.maxPool(features as tf.Tensor4D, 2, 2, 'valid'), [1, 2]);
    const logits = tf.matMul(pooled as tf.Tensor2D, dense as unknown as tf.Tensor2D);
    return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 3), logits).mean();
  });
}

function networkVariables() {
  return {
    kernel: tf.variable(uniformTensor([3, 3, 2, 4], 1)),
    bias: tf.variable(uniformTensor([4], 2)),
    dense: tf.variable(uniformTensor([4, 3], 3)),
  };
}

function createModel(): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [6, 6, 2], kernelInitializer }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3, kernelInitializer }),
    ],
  });
}

function variablesOf(model: tf.Sequential): Record<string, tf.Variable> {
  const variables = model.weights.map((weight) => (weight as unknown as { val: tf.Variable }).val);
  return Object.fromEntries(variables.map((variable, i) => [`w${i}`, variable]));
}

describe('a compiled function gives what the function gives', () => {
  it('over 20 steps of gradient descent', async () => {
    await expectSameAsEager(
      {
        variables: networkVariables,
        fn: ({ rate, ...batch }, variables) =>
          tf.tidy(() => {
            const { value, grads } = tf.variableGrads(
              () => networkLoss(batch, variables),
              Object.values(variables),
            );
            for (const variable of Object.values(variables)) {
              variable.assign(variable.sub(grads[variable.name]!.mul(rate)));
            }
            return { loss: value };
          }),
        calls: Array.from({ length: 20 }, (_, i) => ({
          images: uniformTensor([8, 6, 6, 2], 10 + i),
          labels: tf.tensor1d([0, 1, 2, i % 3, 1, 2, 0, 1], 'int32'),
          rate: tf.scalar(0.1 / (1 + i)),
        })),
      },
      { absolute: 1e-6, relative: 1e-4 },
    );
  });

  it('with records in records, in and out', async () => {
    await expectSameAsEager({
      variables: () => ({}),
      fn: ({ batch, rate }) => ({
        sums: { left: batch.a.add(rate), deep: { right: batch.b.mul(rate) } },
        rate,
      }),
      calls: [2, 3].map((rate) => ({ batch: { a: x, b: x.neg() }, rate: tf.scalar(rate) })),
    });
  });

  it('with a model of tf.layers that learns, and its norm’s moving averages', async () => {
    const models = [createModel(), createModel()];
    const byVariable = new Map(models.map((model) => [variablesOf(model).w0, model]));
    await expectSameAsEager({
      variables: () => variablesOf(models.pop()!),
      fn: ({ images }, variables) => {
        const model = byVariable.get(variables.w0)!;
        const weights = Object.values(variables).filter(({ trainable }) => trainable);
        const loss = () =>
          (model.apply(images, { training: true }) as tf.Tensor).square().mean() as tf.Scalar;
        const { value, grads } = tf.variableGrads(loss, weights);
        for (const weight of weights) weight.assign(weight.sub(grads[weight.name]!.mul(0.1)));
        return { loss: value, prediction: model.apply(images) as tf.Tensor };
      },
      calls: [1, 2, 3].map((seed) => ({ images: uniformTensor([4, 6, 6, 2], seed) })),
    });
  });

  it('with XLA', async () => {
    await expectSameAsEager({
      variables: () => ({ w: tf.variable(uniformTensor([4, 3], 5)) }),
      fn: ({ input }, { w }) => {
        const loss = (at: tf.Tensor) =>
          tf
            .matMul(input, at as tf.Tensor2D)
            .tanh()
            .mul(2)
            .square()
            .mean();
        w!.assign(w!.sub(tf.grad(loss)(w!)));
        return { loss: loss(w!) };
      },
      calls: [1, 2].map((seed) => ({ input: uniformTensor([8, 4], seed) })),
      options: { session: { xla: 'on' } },
    });
  });

  it('with an output called done', async () => {
    await expectSameAsEager({
      variables: () => ({}),
      fn: ({ input }) => ({ done: input.add(1) }),
      calls: [{ input: x }],
    });
  });

  it('with one tensor given for two inputs, and then two', async () => {
    await expectSameAsEager({
      variables: () => ({}),
      fn: ({ a, b }) => ({ difference: a.sub(b.mul(2)) }),
      compiledWith: { a: x, b: x },
      calls: [
        { a: x, b: x },
        { a: x, b: x.square() },
      ],
    });
  });

  it('with inputs and variables of whole numbers and of truth values, and with strings', async () => {
    await expectSameAsEager({
      variables: () => ({
        count: tf.variable(tf.scalar(3, 'int32')),
        seen: tf.variable(tf.tensor([true, false])),
      }),
      fn: ({ indices, mask, words }, { count, seen }) => {
        count!.assign(count!.add(indices.sum()));
        seen!.assign(tf.logicalXor(seen!, mask));
        return {
          doubled: count!.mul(indices),
          either: tf.logicalOr(seen!, mask),
          words: words.concat(words),
        };
      },
      calls: [1, 2].map((n) => ({
        indices: tf.tensor1d([n, 2 * n], 'int32'),
        mask: tf.tensor([n === 1, true]),
        words: tf.tensor1d(['übung', `${n}`]),
      })),
    });
  });

  it('with a scalar, an empty tensor and an input that is not used', async () => {
    await expectSameAsEager({
      variables: () => ({}),
      fn: ({ empty, scalar }) => ({ empty: empty.mul(2), sum: empty.sum().add(scalar) }),
      calls: [{ empty: tf.zeros([0, 3]), scalar: tf.scalar(4), unused: x }],
    });
  });

  it('with outputs that are inputs, variables, constants, or one tensor twice', async () => {
    const constant = tf.tensor1d([7, 8]);
    await expectSameAsEager({
      variables: () => ({ w: tf.variable(tf.scalar(5)) }),
      fn: ({ input }, { w }) => {
        const once = input.add(w);
        return { input, w: w!, constant, once, twice: once };
      },
      calls: [{ input: x }, { input: x.neg() }],
      options: { constants: [constant] },
    });
    expect(constant.isDisposed).toBe(false);
  });

  it('with a gradient of its own, and with a gradient of a gradient', async () => {
    const straightThrough = tf.customGrad((input) => ({
      value: (input as tf.Tensor).round(),
      gradFunc: (dy) => (dy as tf.Tensor).mul(3),
    }));
    const cube = (at: tf.Tensor) => at.mul(at).mul(at).sum();
    await expectSameAsEager({
      variables: () => ({}),
      fn: ({ input }) => ({
        custom: tf.grad((at) => straightThrough(at).mul(at))(input),
        second: tf.grad((at) => tf.grad(cube)(at).sum())(input),
      }),
      calls: [{ input: x }, { input: x.mul(0.3) }],
    });
  });

  it('with tensors that are kept, cloned and disposed on the way', async () => {
    await expectSameAsEager({
      variables: () => ({ w: tf.variable(tf.tensor1d([1, 2, 3])) }),
      fn: ({ input }, { w }) => {
        const product = tf.tidy(() => tf.keep(input.mul(w!)));
        const copy = product.clone();
        product.dispose();
        return { copy: tf.keep(copy.reshape([3, 1])) };
      },
      calls: [{ input: x }, { input: x.neg() }],
    });
  });

  it('with branches and loops in JavaScript that shapes decide', async () => {
    const fn = ({ input }: { input: tf.Tensor1D }) => {
      let sum = tf.scalar(0);
      for (let i = 0; i < input.shape[0]; i++) sum = sum.add(input.slice(i, 1).sum().mul(i));
      return { sum: input.shape[0] > 2 ? sum : sum.neg() };
    };
    for (const input of [tf.tensor1d([4, 5, 6]), tf.tensor1d([4, 5])]) {
      await expectSameAsEager({ variables: () => ({}), fn, calls: [{ input }] });
    }
  });
});

describe('constants', () => {
  it.each([
    ['zeros of both signs', (i: number) => (i === 7 ? -0 : 0)],
    ['not-a-number', () => Number.NaN],
    ['infinities', (i: number) => (i % 2 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)],
    ['300 equal values', () => 0.1],
    ['300 different values', (i: number) => Math.fround(Math.sin(i))],
  ])('keep %s to the last bit', async (_, value) => {
    const values = Float32Array.from({ length: 300 }, (_, i) => value(i));
    const { y } = await runCompiled(({ one }) => ({ y: tf.tensor1d(values).mul(one) }), ones());
    expect([...y.dataSync()].every((got, i) => Object.is(got, values[i]))).toBe(true);
  });

  it('may be declared strings, truth values and whole numbers', async () => {
    const constants = [tf.tensor1d(['ä', 'b']), tf.tensor1d([true, false]), tf.tensor1d([5, -6], 'int32')];
    const [words, flags, numbers] = constants as [tf.Tensor, tf.Tensor, tf.Tensor];
    const outputs = await runCompiled(
      () => ({ words: words.concat(words), flags: flags.logicalNot(), numbers: numbers.mul(2) }),
      ones(),
      { constants },
    );
    expect(outputs.words.dataSync()).toEqual(['ä', 'b', 'ä', 'b']);
    expectClose(outputs.flags, [0, 1]);
    expectClose(outputs.numbers, [10, -12]);
  });

  it('are what they were when the function was compiled, whatever becomes of the array', async () => {
    const values = new Float32Array([1, 2]);
    const program = await compile(
      ({ one }) => ({ y: tf.tensor1d(values).mul(one) }),
      ones().example,
      NO_STATE,
    );
    values.fill(9);
    expectClose(program.run(ones().inputs).y, [1, 2]);
  });
});

function ones() {
  return { example: { one: tf.scalar(-5) }, inputs: { one: tf.scalar(1) } };
}

describe('compiled.run', () => {
  const fn = ({ a }: { a: tf.Tensor; b?: tf.Tensor }) => ({
    y: tf.gather(tf.tensor1d([1, 2, 3]), a.cast('int32')),
  });

  it.each([
    [
      'another shape',
      { a: tf.zeros([3]) },
      'main: the input a was compiled for [2], got float32 [3]; compile it again for other shapes',
    ],
    [
      'another type',
      { a: tf.zeros([2], 'int32') },
      'main: the input a was compiled for [2], got int32 [2]; compile it again for other shapes',
    ],
    [
      'no such input',
      {},
      'main: the input a was compiled for [2], got nothing; compile it again for other shapes',
    ],
  ])('refuses %s', async (_, inputs, message) => {
    const program = await compile(fn, { a: tf.zeros([2]) }, NO_STATE);
    expect(() => program.run(inputs as { a: tf.Tensor })).toThrow(new RangeError(message));
    program.dispose();
  });

  it('refuses a tensor that is disposed', async () => {
    const program = await compile(fn, { a: tf.zeros([2]) }, NO_STATE);
    const a = tf.zeros([2]);
    a.dispose();
    expect(() => program.run({ a })).toThrow(new RangeError('main: the input a is disposed'));
    program.dispose();
  });

  it('passes on what TensorFlow says where a node fails', async () => {
    const program = await compile(fn, { a: tf.zeros([2]) }, NO_STATE);
    expect(() => program.run({ a: tf.tensor1d([0, 3]) })).toThrow(/indices\[1\] = 3 is not in \[0, 3\)/);
    expectClose(program.run({ a: tf.tensor1d([0, 2]) }).y, [1, 3]);
    program.dispose();
  });

  it('refuses to run after dispose, which may be called twice', async () => {
    const program = await compile(fn, { a: tf.zeros([2]) }, NO_STATE);
    program.dispose();
    program.dispose();
    const message = 'The compiled program was disposed; compile it again';
    expect(() => program.run({ a: tf.zeros([2]) })).toThrow(new Error(message));
  });
});

describe('inputs and outputs that are no records of tensors', () => {
  const cases: [string, unknown, unknown, string][] = [
    ['a tensor out', { x }, x, 'main/outputs: expected a record of tensors, got a tensor'],
    ['nothing out', { x }, undefined, 'main/outputs: expected a record of tensors, got undefined'],
    ['an array out', { x }, [x], 'main/outputs: expected a record of tensors, got an array'],
    ['a number inside', { x }, { a: { n: 3 } }, 'main/outputs/a/n: expected a record of tensors, got number'],
    ['null in', null, {}, 'main/inputs: expected a record of tensors, got null'],
    [
      'a name with a space',
      { 'my x': x },
      {},
      'main/inputs: the name "my x" may only hold letters, digits and . _ > -',
    ],
    [
      'a name with a slash',
      { 'a/b': x },
      {},
      'main/inputs: the name "a/b" may only hold letters, digits and . _ > -',
    ],
  ];
  it.each(cases)('are refused: %s', async (_, inputs, outputs, message) => {
    const compiling = compile(() => outputs as TensorTree, inputs as TensorTree, {
      state: new Map(),
      constants: [x],
    });
    await expect(compiling).rejects.toThrow(new TypeError(message));
  });
});
