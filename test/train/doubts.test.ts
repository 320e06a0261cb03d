import { expect, it } from 'vitest';
import type { Params } from '../../src/params/schema.ts';
import { type Circumstances, doubtsAbout } from '../../src/train/doubts.ts';
import { tinyParams } from '../support/tiny-model.ts';

const { train, data } = tinyParams();
const doubts = (changes: Partial<Params['train']>, machine: Partial<Circumstances> = {}) =>
  doubtsAbout(
    { train: { ...train, warmup_steps: 4, batch_size: 2, ...changes }, data },
    { trainImages: 8, preparedFrom: 'synthetic', hasGpu: false, ...machine },
  );

it('has none about the params as they stand', () => {
  expect(doubts({})).toEqual([]);
});
it('doubts float16 where there is no GPU, and only there', () => {
  expect(doubts({ precision: 'float16' })).toEqual([
    expect.stringMatching(/float16 is very slow without a GPU/),
  ]);
  expect(doubts({ precision: 'float16' }, { hasGpu: true })).toEqual([]);
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
  const fineTune = { ...transfer.fine_tune, warmup_steps: 0, stages: 5, train_norms: true };
  expect(random({ freeze, fine_tune: fineTune })).toEqual([]);
  expect(random({ freeze: { ...transfer.freeze, warmup_steps: 0 }, fine_tune: fineTune })).toEqual([
    expect.stringMatching(/3 epochs with it frozen teach little; use train\.transfer\.freeze\.epochs=0$/),
  ]);
  expect(random({ freeze, fine_tune: { ...transfer.fine_tune, warmup_steps: 0 } })).toEqual([
    expect.stringMatching(/parts never learn; use .*stages=5 .*norms=true$/),
  ]);
  expect(random({ freeze, fine_tune: { ...fineTune, stages: 4 } })).toHaveLength(1);
  expect(doubts({ transfer: { ...transfer, weights: null } })).toEqual([]);
});
it('doubts sizes for training that are all larger or all smaller than that of the model’s use', () => {
  // data.image_size is 64.
  expect(doubts({ image_sizes: [64, 96] })).toEqual([]);
  expect(doubts({ image_sizes: [64] })).toEqual([]);
  expect(doubts({ image_sizes: [96, 128] })).toEqual([
    'train.image_sizes (96, 128) are all larger than data.image_size (64), in which the model is validated and used: ' +
      'let them lie on both sides of it',
  ]);
  const large = { ...data, image_size: 256 };
  const circumstances = { trainImages: 80, preparedFrom: 'synthetic', hasGpu: false };
  expect(doubtsAbout({ train: { ...train, image_sizes: [96, 128] }, data: large }, circumstances)).toEqual([
    expect.stringMatching(/are all smaller than data\.image_size \(256\)/),
  ]);
});
it('doubts prepared data of another source', () => {
  expect(doubts({}, { preparedFrom: 'hub a/b@0123' })).toEqual([
    'the prepared data is from hub a/b@0123, the params ask for synthetic: run `aerial data-prep` to train on that',
  ]);
});
it('doubts schedules that are mostly warm-up, phase by phase', () => {
  // 8 images in batches of 2 make 4 updates an epoch.
  expect(doubts({ epochs: 2, warmup_steps: 4 })).toEqual([]);
  expect(doubts({ epochs: 2, warmup_steps: 5 })).toEqual([
    expect.stringMatching(/^train\.warmup_steps \(5\) is more than half of the 8 updates of its 2 epochs/),
  ]);
  const { freeze, fine_tune: fineTune } = train.transfer;
  const transfer = {
    ...train.transfer,
    freeze: { ...freeze, epochs: 1, warmup_steps: 3 },
    fine_tune: { ...fineTune, epochs: 1, warmup_steps: 2 },
  };
  expect(doubts({ model_type: 'transfer', transfer })).toEqual([
    expect.stringMatching(/^train\.transfer\.freeze\.warmup_steps \(3\)/),
  ]);
});
