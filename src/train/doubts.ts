import { sourceName } from '../data/source-name.ts';
import type { Params } from '../params/schema.ts';
import { phasesOf } from './phases/phases.ts';
import { updatesPerEpoch } from './phases/schedule.ts';

/** What the params are held against. */
export interface Circumstances {
  trainImages: number;
  /** The source that the prepared data's manifest names. */
  preparedFrom: string;
  hasGpu: boolean;
}

/** What of the params will not do what it seems to on this machine and data: lines for people, none where all is well. */
export function doubtsAbout(
  { train, data }: Pick<Params, 'train' | 'data'>,
  { trainImages, preparedFrom, hasGpu }: Circumstances,
): string[] {
  const doubts: string[] = [];
  const wanted = sourceName({ data });
  if (preparedFrom !== wanted) {
    doubts.push(
      `the prepared data is from ${preparedFrom}, the params ask for ${wanted}: run \`aerial data-prep\` to train on that`,
    );
  }
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
  return [...doubts, ...doubtsAboutSizes(train, data), ...doubtsAboutWarmup(train, trainImages)];
}

/** A model is best in the sizes that it has met. */
function doubtsAboutSizes(
  { image_sizes: sizes }: Params['train'],
  { image_size: size }: Params['data'],
): string[] {
  if (sizes === null || (size >= sizes[0]! && size <= sizes.at(-1)!)) return [];
  return [
    `train.image_sizes (${sizes.join(', ')}) are all ${size < sizes[0]! ? 'larger' : 'smaller'} than data.image_size (${size}), ` +
      'in which the model is validated and used: let them lie on both sides of it',
  ];
}

/** A schedule that is mostly warm-up hardly reaches its rate. */
function doubtsAboutWarmup(train: Params['train'], trainImages: number): string[] {
  return phasesOf({ train }).flatMap(({ name, epochs, rates }) => {
    const updates = epochs * updatesPerEpoch(trainImages, train);
    const section = name === 'train' ? 'train' : `train.transfer.${name}`;
    return rates.warmup_steps > updates / 2
      ? [
          `${section}.warmup_steps (${rates.warmup_steps}) is more than half of the ${updates} updates of its ${epochs} epochs: ` +
            'the learning rate is below its peak most of the time',
        ]
      : [];
  });
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
