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
it('doubts that a random backbone can stand still', () => {
  const { transfer } = train;
  const random = (changes: Partial<typeof transfer>) =>
    doubts({ model_type: 'transfer', transfer: { ...transfer, weights: null, ...changes } });
  const freeze = { ...transfer.freeze, epochs: 0 };
  const fineTune = { ...transfer.fine_tune, stages: 5, train_norms: true };
  expect(random({ freeze, fine_tune: fineTune })).toEqual([]);
  expect(random({ fine_tune: fineTune })).toEqual([
    expect.stringMatching(/3 epochs with it frozen teach little; use train\.transfer\.freeze\.epochs=0$/),
  ]);
  expect(random({ freeze })).toEqual([
    expect.stringMatching(/parts never learn; use .*stages=5 .*norms=true$/),
  ]);
  expect(random({ freeze, fine_tune: { ...fineTune, stages: 4 } })).toHaveLength(1);
  expect(doubts({ model_type: 'transfer' })).toEqual([]);
  expect(doubts({ transfer: { ...transfer, weights: null } })).toEqual([]);
});
