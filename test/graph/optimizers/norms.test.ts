import { describe, expect, it } from 'vitest';
import { groupNorms } from '../../../src/graph/optimizers/norms.ts';
import { createRandom } from '../../../src/system/random.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { engines } from '../../support/engines.ts';

const random = createRandom('norms');
const inputs = Object.fromEntries(
  Array.from({ length: 40 }, (_, i) => [
    `${'abcd'[i % 4]}.w${i}`,
    tf.tensor2d(
      Float32Array.from({ length: 10_000 }, () => random.normal()),
      [100, 100],
    ),
  ]),
);

/** The gradients of the first group come last, as those of a backbone do. */
function norms(weights: Record<string, tf.Tensor>) {
  const gradients = Object.entries(weights).map(([name, weight]) => {
    const square = weight as tf.Tensor2D;
    return [name, name.startsWith('a') ? square.matMul(square).matMul(square) : square.mul(2)] as const;
  });
  const { all, byGroup } = groupNorms(new Map(gradients), (name) => name[0]!);
  return { all, ...Object.fromEntries(byGroup) };
}

describe.each(engines)('groupNorms, $name', (engine) => {
  it('gives the same bits each time, whichever thread is done first', async () => {
    const { run } = await engine.start(norms, inputs, new Map());
    const seen = new Set<string>();
    for (let time = 0; time < 400; time++) {
      const outputs = run(inputs);
      seen.add(
        Object.values(outputs)
          .map((norm) => norm.dataSync()[0])
          .join(),
      );
      tf.dispose(outputs);
    }
    expect([...seen]).toHaveLength(1);
  });
});
