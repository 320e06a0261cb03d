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
  const batches = Math.ceil(trainImages / train.batch_size);
  if (train.accumulation_steps > batches) {
    doubts.push(
      `train.accumulation_steps (${train.accumulation_steps}) is more than the ${batches} batches of an epoch: ` +
        'each epoch makes one update',
    );
  }
  return doubts;
}
