import { describe, expect, it } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import { createLossScale } from '../../src/graph/optimizers/loss-scale.ts';
import { createSgd } from '../../src/graph/optimizers/sgd.ts';
import type { Precision } from '../../src/graph/run-passes.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { runCompiled } from '../support/eager-and-compiled.ts';
import { expectClose, uniformTensor } from '../support/tensors.ts';

const LOW: readonly Precision[] = ['bfloat16', 'float16'];

/** Two convolutions and a dense layer that learn to tell bright images from dark ones. */
function createTraining() {
  const weights: Map<string, tf.Variable> = new Map([
    ['first', tf.variable(uniformTensor([3, 3, 1, 8], 1, -0.4, 0.4)) as tf.Variable],
    ['second', tf.variable(uniformTensor([3, 3, 8, 8], 2, -0.2, 0.2)) as tf.Variable],
    ['dense', tf.variable(uniformTensor([8, 1], 3, -0.4, 0.4)) as tf.Variable],
  ]);
  const sgd = createSgd(weights, { momentum: 0.9, nesterov: false, weightDecay: 0 });
  const loss = (images: tf.Tensor4D, labels: tf.Tensor2D) => {
    const [first, second, dense] = [...weights.values()] as unknown as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor2D,
    ];
    const features = tf
      .conv2d(tf.conv2d(images, first, 1, 'same').relu() as tf.Tensor4D, second, 2, 'same')
      .relu();
    const logits = tf.matMul(tf.mean(features, [1, 2]) as tf.Tensor2D, dense);
    return tf.losses.sigmoidCrossEntropy(labels, logits).mean() as tf.Scalar;
  };
  const step = ({ images, labels, rate }: ReturnType<typeof batch>) =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => loss(images, labels), [...weights.values()]);
      const byName = new Map([...weights].map(([name, { name: own }]) => [name, grads[own]!]));
      sgd.apply(byName, rate, rate);
      return { loss: value };
    });
  return { step, state: new Map([...weights, ...sgd.state]) };
}

function batch(seed: number) {
  const labels = tf.tensor2d([[1], [0], [1], [0]]);
  const images = uniformTensor<tf.Rank.R4>([4, 8, 8, 1], seed).add(labels.reshape([4, 1, 1, 1]));
  return { images: images as tf.Tensor4D, labels, rate: tf.scalar(0.05) };
}

async function lossesOf(precision: Precision): Promise<{ losses: number[]; types: Set<string> }> {
  const { step, state } = createTraining();
  const program = await compile(step, batch(0), { state, precision });
  const losses = Array.from({ length: 30 }, (_, i) => program.run(batch(i)).loss.dataSync()[0]!);
  const types = new Set([...program.state.read().values()].map(({ dtype }) => dtype));
  program.dispose();
  return { losses, types };
}

describe('a step in 16 bits', () => {
  it.each(LOW)('learns as in float32, with weights and their updates in float32: %s', async (precision) => {
    const [full, low] = [await lossesOf('float32'), await lossesOf(precision)];
    expect(full.losses.at(-1)!).toBeLessThan(0.7 * full.losses[0]!);
    // 8 or 11 bits of mantissa, in three layers.
    expectClose(low.losses, full.losses, { absolute: 0, relative: 0.03 });
    expect(low.losses[0]).not.toBe(full.losses[0]);
    expect(low.types).toEqual(new Set(['float32']));
  });

  it.each(LOW)('rounds what goes into a matrix product, and nothing else: %s', async (precision) => {
    // 1 + 2⁻¹² has 13 bits: too many for either type.
    const fine = 1 + 2 ** -12;
    const example = { x: tf.tensor2d([[0]]), one: tf.tensor2d([[1]]) };
    const fn = ({ x, one }: typeof example) => ({ product: tf.matMul(x, one), sum: x.add(one).mul(x) });
    const { product, sum } = await runCompiled(
      fn,
      { example, inputs: { ...example, x: tf.tensor2d([[fine]]) } },
      { precision },
    );
    expect(product.dataSync()[0]).toBe(1);
    expect(sum.dataSync()[0]).toBe(Math.fround(Math.fround(fine + 1) * fine));
  });

  it('loses small gradients in float16, unless the loss is scaled', async () => {
    const w = tf.variable(tf.tensor2d([[1], [1]]));
    const lossScale = createLossScale();
    const gradientOf = (x: tf.Tensor2D, scaled: boolean) => {
      const loss = () => {
        const small = tf
          .matMul(x, w as unknown as tf.Tensor2D)
          .mul(1e-8)
          .sum() as tf.Scalar;
        return scaled ? lossScale.scale(small) : small;
      };
      const { grads } = tf.variableGrads(loss, [w]);
      return scaled ? lossScale.unscale(new Map([['w', grads[w.name]!]])).get('w')! : grads[w.name]!;
    };
    const { bare, scaled } = await runCompiled(
      ({ x }: { x: tf.Tensor2D }) => ({ bare: gradientOf(x, false), scaled: gradientOf(x, true) }),
      { example: { x: tf.tensor2d([[0, 0]]) }, inputs: { x: tf.tensor2d([[1, 2]]) } },
      { precision: 'float16', state: new Map<string, tf.Variable>([['w', w], ...lossScale.state]) },
    );
    expect([...bare.dataSync()]).toEqual([0, 0]);
    expectClose(scaled, [1e-8, 2e-8], { absolute: 0, relative: 1e-3 });
  });
});
