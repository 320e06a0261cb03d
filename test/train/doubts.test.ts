import { expect, it } from 'vitest';
import type { Params } from '../../src/params/schema.ts';
import { doubtsAbout } from '../../src/train/doubts.ts';
import { tinyParams } from '../support/tiny-model.ts';

const { train } = tinyParams();
const doubts = (changes: Partial<Params['train']>, machine = { trainImages: 8, hasGpu: false }) =>
  doubtsAbout({ train: { ...train, batch_size: 2, ...changes } }, machine);

it('has none about the params as they stand', () => {
  expect(doubts({})).toEqual([]);
});
it('doubts float16 where there is no GPU, and only there', () => {
  expect(doubts({ precision: 'float16' })).toEqual([
    expect.stringMatching(/float16 is very slow without a GPU/),
  ]);
  expect(doubts({ precision: 'float16' }, { trainImages: 8, hasGpu: true })).toEqual([]);
  expect(doubts({ precision: 'bfloat16' })).toEqual([]);
});
it('doubts more accumulation than an epoch has batches', () => {
  expect(doubts({ accumulation_steps: 4 })).toEqual([]);
  expect(doubts({ accumulation_steps: 5 })).toEqual([
    expect.stringMatching(/accumulation_steps \(5\) is more than the 4 batches of an epoch/),
  ]);
});
