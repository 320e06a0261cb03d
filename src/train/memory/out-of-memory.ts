import type { Params } from '../../params/schema.ts';
import { UserError } from '../../system/errors.ts';
import { outOfMemoryLine } from '../../system/out-of-memory.ts';
import { halveBatch } from './halve-batch.ts';

/** What the user can do about it: the same updates from smaller batches first, then what changes the model or its samples. */
export function outOfMemoryError(error: unknown, params: Params): UserError {
  const { train, data, model } = params;
  const smaller = halveBatch(params);
  const advice = [
    ...(train.memory.when_out === 'stop' && smaller
      ? ['train.memory.when_out=halve goes on from the last checkpoint with half the batch']
      : []),
    ...(smaller ? [sameUpdates(smaller)] : []),
    `else lower data.image_size (${data.image_size}), model.roi.samples (${model.roi.samples}) or model.roi.mask_samples ` +
      `(${model.roi.mask_samples})`,
  ];
  return new UserError(
    `Out of memory in training with train.batch_size ${train.batch_size} (${outOfMemoryLine(error)}); ${advice.join('; ')}`,
    { cause: error },
  );
}

function sameUpdates({ train }: Params): string {
  return (
    `train.batch_size=${train.batch_size} with train.accumulation_steps=${train.accumulation_steps} makes updates of ` +
    'as many images in a run that begins anew'
  );
}
