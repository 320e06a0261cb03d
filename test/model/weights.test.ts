import { describe, expect, it } from 'vitest';
import {
  constant,
  createWeights,
  heNormal,
  heNormalFanOut,
  type Initializer,
  lecunUniform,
  normal,
  setValues,
  torchUniform,
} from '../../src/model/weights.ts';
import { createRandom } from '../../src/system/random.ts';
import { expectNoLeak } from '../support/tensors.ts';

describe('createWeights', () => {
  it('refuses a name twice', () => {
    const weights = createWeights(1);
    weights.create('a', [1], constant(0));
    expect(() => weights.create('a', [1], constant(0))).toThrow('A weight named a exists already');
  });
  it('draws by seed and name, whatever was made before', () => {
    const [one, two, other] = [createWeights(1), createWeights(1), createWeights(2)];
    two.create('before', [3], heNormal);
    const value = (weights: typeof one) => [...weights.create('w', [4, 4], heNormal).dataSync()];
    const values = value(one);
    expect(value(two)).toEqual(values);
    expect(value(other)).not.toEqual(values);
  });
});

describe('setValues', () => {
  it('sets the named weights, leaves the others, and leaves no tensor behind', () => {
    const weights = createWeights(1);
    const [a, b] = [weights.create('a', [2, 1], constant(1)), weights.create('b', [1], constant(1))];
    expectNoLeak(() => {
      setValues(weights, new Map([['a', Float32Array.of(5, 6)]]));
      return [];
    });
    expect([a.arraySync(), b.arraySync()]).toEqual([[[5], [6]], [1]]);
  });
});

/** Mean, deviation and the largest size, in units of the deviation. */
function moments(initialize: Initializer, shape: readonly number[]) {
  const values = initialize(shape, createRandom(1));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / deviation;
  return { count: values.length, mean, deviation, largest };
}

describe('initialisers', () => {
  const conv = [3, 3, 64, 100];
  const fanIn = 9 * 64;
  const fanOut = 9 * 100;
  it.each([
    ['heNormal: √(2 / fan in)', heNormal, conv, Math.sqrt(2 / fanIn)],
    ['heNormalFanOut: √(2 / fan out)', heNormalFanOut, conv, Math.sqrt(2 / fanOut)],
    // PyTorch's fan out of a transposed convolution [inputs, outputs, 2, 2] is 4·inputs; here, inputs stand last.
    ['heNormalFanOut, transposed', heNormalFanOut, [2, 2, 80, 100], Math.sqrt(2 / 400)],
    ['heNormalFanOut, dense', heNormalFanOut, [300, 200], Math.sqrt(2 / 200)],
    ['normal', normal(0.01), conv, 0.01],
  ])('normal, %s', (_, initialize, shape, expected) => {
    const { count, mean, deviation, largest } = moments(initialize, shape);
    expect(count).toBe(shape.reduce((product, size) => product * size, 1));
    expect(Math.abs(mean) / expected).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(deviation / expected - 1)).toBeLessThan(4 / Math.sqrt(2 * count));
    expect(largest).toBeGreaterThan(3.5);
  });
  it.each([
    ['lecunUniform: variance 1 / fan in', lecunUniform, conv, Math.sqrt(1 / fanIn)],
    ['lecunUniform, dense', lecunUniform, [300, 200], Math.sqrt(1 / 300)],
    ['torchUniform: within 1 / √fan in', torchUniform, conv, Math.sqrt(1 / 3 / fanIn)],
  ])('uniform, %s', (_, initialize, shape, expected) => {
    const { count, mean, deviation, largest } = moments(initialize, shape);
    expect(Math.abs(mean) / expected).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(deviation / expected - 1)).toBeLessThan(4 / Math.sqrt(count));
    expect(largest).toBeCloseTo(Math.sqrt(3), 2);
  });
  it('constant: the same everywhere', () => {
    expect([...constant(0.5)([2, 2], createRandom(1))]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});
