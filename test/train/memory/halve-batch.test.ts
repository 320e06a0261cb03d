import { describe, expect, it } from 'vitest';
import { halveBatch } from '../../../src/train/memory/halve-batch.ts';
import { tinyParams } from '../../support/tiny-model.ts';

function withBatch(batch_size: number, accumulation_steps: number) {
  const params = tinyParams();
  Object.assign(params.train, { batch_size, accumulation_steps });
  return params;
}

describe('halveBatch', () => {
  it.each([
    [8, 1, 4, 2],
    [2, 3, 1, 6],
    [6, 2, 3, 4],
    [9, 1, 3, 3],
    [15, 2, 5, 6],
    [7, 1, 1, 7],
    [4096, 2, 2048, 4],
  ])('makes %i images x %i batches %i x %i', (images, together, fewer, more) => {
    const params = withBatch(images, together);
    const smaller = halveBatch(params)!;
    expect(smaller.train).toEqual({ ...params.train, batch_size: fewer, accumulation_steps: more });
    expect({ ...smaller, train: null }).toEqual({ ...params, train: null });
    expect([params.train.batch_size, params.train.accumulation_steps]).toEqual([images, together]);
  });

  it('has nothing below one image, nor beyond the largest accumulation', () => {
    expect(halveBatch(withBatch(1, 4))).toBeNull();
    expect(halveBatch(withBatch(8, 4096))).toBeNull();
    expect(halveBatch(withBatch(4093, 2))).toBeNull();
  });
});
