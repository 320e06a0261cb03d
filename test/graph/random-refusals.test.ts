import { describe, it } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectRefusalsOf, type Inputs, inputs } from '../support/refusal.ts';
import { expectClose } from '../support/tensors.ts';

const expectRefusal = expectRefusalsOf(import.meta.url);
const MEND_RANDOM = 'draw them by a stateless op of TensorFlow from a seed that is an input';

describe('random numbers', () => {
  const shape: [number] = [3];
  /** Those without a seed draw one first. */
  const unseeded: [string, (inputs: Inputs) => unknown][] = [
    ['randomUniform', () => ({ y: tf.randomUniform(shape) })], // randomUniform
    ['randomNormal', () => ({ y: tf.randomNormal(shape) })], // randomNormal
    ['randomStandardNormal', () => ({ y: tf.randomStandardNormal(shape) })], // randomStandardNormal
    ['randomGamma', () => ({ y: tf.randomGamma(shape, 2) })], // randomGamma
    ['randomUniformInt', () => ({ y: tf.randomUniformInt(shape, 0, 9) })], // randomUniformInt
    ['truncatedNormal', () => ({ y: tf.truncatedNormal(shape) })], // truncatedNormal
    ['rand', () => ({ y: tf.rand(shape, Math.random) })], // rand
    ['dropout', ({ x }) => ({ y: tf.dropout(x, 0.5) })], // dropout
    ['multinomial', ({ x }) => ({ y: tf.multinomial(x as tf.Tensor1D, 4) })], // multinomial
    ['createShuffledIndices', () => ({ y: tf.tensor1d([...tf.util.createShuffledIndices(3)]) })], // createShuffledIndices
    // biome-ignore lint/plugin: it is what is refused.
    ['Math.random', ({ x }) => ({ y: x.mul(Math.random()) })], // Math.random
  ];
  it.each(unseeded)('%s', async (callee, fn) => {
    const message = 'draws a random number in JavaScript, the same in every run';
    await expectRefusal(fn, `${callee} ${message}, at @${callee}; ${MEND_RANDOM}`);
  });

  const seeded: [string, string, (inputs: Inputs) => unknown][] = [
    ['seededUniform', 'randomUniform', () => ({ y: tf.randomUniform(shape, 0, 1, 'float32', 7) })], // seededUniform
    ['seededNormal', 'randomNormal', () => ({ y: tf.randomNormal(shape, 0, 1, 'float32', 7) })], // seededNormal
    ['seededGamma', 'randomGamma', () => ({ y: tf.randomGamma(shape, 2, 2, 'float32', 7) })], // seededGamma
    ['seededInt', 'randomUniform', () => ({ y: tf.randomUniformInt(shape, 0, 9, 7) })], // seededInt
    ['seededTruncated', 'truncatedNormal', () => ({ y: tf.truncatedNormal(shape, 0, 1, 'float32', 7) })], // seededTruncated
    ['seededRand', 'rand', () => ({ y: tf.rand(shape, () => 0.5) })], // seededRand
    ['seededDropout', 'randomUniform', ({ x }) => ({ y: tf.dropout(x, 0.5, undefined, 7) })], // seededDropout
  ];
  it.each(seeded)('%s', async (mark, callee, fn) => {
    const message = 'draws random numbers in JavaScript, the same in every run';
    await expectRefusal(fn, `tf.${callee} ${message}, at @${mark}; ${MEND_RANDOM}`);
  });

  it('an op with a generator of its own', async () => {
    const fn = ({ x }: Inputs) => ({
      y: tf.multinomial(x as tf.Tensor1D, 4, 7), // seededMultinomial
    });
    await expectRefusal(
      fn,
      `Multinomial draws random numbers with a state of its own, at @seededMultinomial; ${MEND_RANDOM}`,
    );
  });

  it('are not meant by names of the user’s own', async () => {
    const randomlyNamed = (x: tf.Tensor) => x.mul(tf.scalar(2));
    const program = await compile(({ x }: Inputs) => ({ y: randomlyNamed(x) }), inputs, { state: new Map() });
    expectClose(program.run(inputs).y, [2, 4, 4]);
    program.dispose();
  });
});
