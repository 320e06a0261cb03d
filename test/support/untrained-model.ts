import { join } from 'node:path';
import { saveWeights } from '../../src/model/checkpoint.ts';
import { createMaskRcnn, type MaskRcnn } from '../../src/model/mask-rcnn.ts';
import { hashParams, saveParams } from '../../src/params/saved-params.ts';
import type { Params } from '../../src/params/schema.ts';
import { tf } from '../../src/system/tensorflow.ts';

/** A model of random weights whose scores lie far apart, so that rounding does not change their order. */
export function outspokenModel(params: Params): MaskRcnn {
  const model = createMaskRcnn(params);
  const kernel = model.weights.variables.get('box.classLogits.kernel')!;
  tf.tidy(() => kernel.assign(kernel.mul(30)));
  return model;
}

/** Puts a model where `aerial train` leaves the best one, with the params of its training. */
export async function leaveAsTrained(
  model: MaskRcnn,
  params: Params,
  metadata: Record<string, string> = {},
): Promise<void> {
  const folder = join(params.paths.runs, 'train');
  await saveParams(join(folder, 'params.yaml'), params);
  await saveWeights(join(folder, 'best.safetensors'), model.weights, {
    params: hashParams(params),
    data: 'none',
    ...metadata,
  });
}
