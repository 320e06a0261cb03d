import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import { outOfMemoryLine } from '../system/out-of-memory.ts';

/** What the user can do about it. */
export function outOfMemoryError(error: unknown, { train, data, model }: Params): UserError {
  const { rpn, detection } = model;
  return new UserError(
    `Out of memory in inference with train.batch_size ${train.batch_size} (${outOfMemoryLine(error)}); lower that, on which ` +
      `no result depends, else data.image_size (${data.image_size}), model.rpn.post_nms_top_k (${rpn.post_nms_top_k}) or ` +
      `model.detection.max_detections (${detection.max_detections})`,
    { cause: error },
  );
}
