import type { Params } from '../params/schema.ts';

/** What of the params will not do what it seems to on this machine and data: lines for people, none where all is well. */
export function doubtsAbout(
  { train }: Pick<Params, 'train'>,
  { trainImages, hasGpu }: { trainImages: number; hasGpu: boolean },
): string[] {
  const doubts: string[] = [];
  if (train.precision === 'float16' && !hasGpu) {
    doubts.push('train.precision float16 is very slow without a GPU; bfloat16 or float32 are for CPUs');
  }
  if (train.model_type === 'transfer' && train.transfer.weights === null) {
    doubts.push(...doubtsAboutRandomBackbone(train.transfer));
  }
  const batches = Math.ceil(trainImages / train.batch_size);
  if (train.accumulation_steps > batches) {
    doubts.push(
      `train.accumulation_steps (${train.accumulation_steps}) is more than the ${batches} batches of an epoch: ` +
        'each epoch makes one update',
    );
  }
  return doubts;
}

function doubtsAboutRandomBackbone({ freeze, fine_tune: fineTune }: Params['train']['transfer']): string[] {
  const doubts: string[] = [];
  const isRandom = 'train.transfer.weights is null: the backbone begins with random weights';
  if (freeze.epochs > 0) {
    doubts.push(
      `${isRandom}, and ${freeze.epochs} epochs with it frozen teach little; use train.transfer.freeze.epochs=0`,
    );
  }
  if (fineTune.stages < 5 || !fineTune.train_norms) {
    doubts.push(
      `${isRandom}, of which parts never learn; use train.transfer.fine_tune.stages=5 and train.transfer.fine_tune.train_norms=true`,
    );
  }
  return doubts;
}
