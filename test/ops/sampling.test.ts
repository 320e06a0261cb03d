import { describe, expect, it } from 'vitest';
import { positiveSlots, sampleIndices, sampleMasks } from '../../src/ops/sampling.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, uniformTensor } from '../support/tensors.ts';

const keys = (n: number, a: number, seed = 3) => uniformTensor<tf.Rank.R2>([n, a], seed, 0, 1);
const labels = (rows: number[][]) => tf.tensor2d(rows, undefined, 'int32');

describe('sampleMasks', () => {
  const many = labels([Array.from({ length: 100 }, (_, i) => (i < 40 ? 1 : i < 90 ? 0 : -1))]);

  it('takes the allowed share of positives and fills up with negatives', () => {
    const { positives, negatives } = sampleMasks(many, keys(1, 100), { samples: 32, positiveFraction: 0.25 });
    expectClose(positives.sum(1), [8]);
    expectClose(negatives.sum(1), [24]);
  });
  it('never takes an ignored box, nor one of the other kind', () => {
    const { positives, negatives } = sampleMasks(many, keys(1, 100), { samples: 64, positiveFraction: 0.5 });
    expectClose(positives.mul(tf.cast(many.notEqual(1), 'float32')).sum(), 0);
    expectClose(negatives.mul(tf.cast(many.notEqual(0), 'float32')).sum(), 0);
  });
  it('gives unused places of positives to negatives, image by image', () => {
    const rows = [
      [1, 0, 0, 0, 0, 0, 0, 0],
      [1, 1, 1, 1, 0, 0, 0, 0],
      [0, 0, -1, -1, -1, -1, -1, -1],
    ];
    const { positives, negatives } = sampleMasks(labels(rows), keys(3, 8), {
      samples: 4,
      positiveFraction: 0.5,
    });
    expectClose(positives.sum(1), [1, 2, 0]);
    expectClose(negatives.sum(1), [3, 2, 2]);
  });
  it('takes the largest keys: the draw follows from them alone', () => {
    const draw = tf.tensor2d([[0.1, 0.9, 0.5, 0.2, 0.8, 0.3]]);
    const { positives, negatives } = sampleMasks(labels([[1, 1, 1, 0, 0, 0]]), draw, {
      samples: 4,
      positiveFraction: 0.5,
    });
    expectClose(positives, [0, 1, 1, 0, 0, 0]);
    expectClose(negatives, [0, 0, 0, 0, 1, 1]);
  });
  it('draws nothing where all are ignored', () => {
    const { positives, negatives } = sampleMasks(labels([[-1, -1]]), keys(1, 2), {
      samples: 2,
      positiveFraction: 0.5,
    });
    expectClose(positives.add(negatives), [0, 0]);
  });
});

describe('sampleIndices', () => {
  const options = { samples: 4, positiveFraction: 0.5 };

  it('puts positives first and fills with negatives', () => {
    const draw = tf.tensor2d([[0.1, 0.9, 0.5, 0.2, 0.8, 0.3]]);
    const { indices, drawn } = sampleIndices(labels([[1, 1, 1, 0, 0, 0]]), draw, options);
    expectClose(indices, [1, 2, 4, 5]);
    expectClose(drawn, [1, 1, 1, 1]);
  });
  it('marks slots that could not be filled', () => {
    const { drawn } = sampleIndices(labels([[1, -1, -1, -1, 0, -1]]), keys(1, 6), options);
    expectClose(drawn, [1, 1, 0, 0]);
  });
  it('gives each candidate about the same chance', () => {
    const counts = new Array(10).fill(0);
    const all = labels([new Array(10).fill(0)]);
    for (let seed = 0; seed < 400; seed++) {
      const { indices } = sampleIndices(all, keys(1, 10, seed), { samples: 3, positiveFraction: 0.5 });
      for (const index of indices.dataSync()) counts[index]++;
    }
    for (const count of counts) expect(count).toBeGreaterThan(80);
    for (const count of counts) expect(count).toBeLessThan(160);
  });
});

describe('positiveSlots', () => {
  it('is the whole share, at least 1', () => {
    expect(positiveSlots({ samples: 512, positiveFraction: 0.25 })).toBe(128);
    expect(positiveSlots({ samples: 2, positiveFraction: 0.1 })).toBe(1);
  });
});
