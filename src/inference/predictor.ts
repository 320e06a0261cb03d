/**
 * The model as a function from a batch to predictions, op by op or compiled.
 */
import { disposeBatch, exampleBatch } from '../data/batch.ts';
import type { BatchShape } from '../data/host-batch.ts';
import type { PredictBatch } from '../evaluate/images/predict-split.ts';
import { compile } from '../graph/compile.ts';
import { extractFeatures } from '../model/features.ts';
import { graphCache } from '../model/graph-cache.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import { type Predictions, predict } from '../model/predict.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';

/** Predicts batches of one shape. */
export interface Predictor {
  predict: PredictBatch;
  dispose(): void;
}

/** @param model whose weights are as they will be used */
export async function createPredictor(
  model: MaskRcnn,
  shape: BatchShape,
  params: Params,
): Promise<Predictor> {
  const fn = ({ images }: { images: tf.Tensor4D }): Predictions =>
    tf.tidy(() => predict(model, extractFeatures(model, images, params.model), params.model));
  const { compile: compiled, precision } = params.inference;
  if (!compiled) return { predict: ({ images }) => fn({ images }), dispose: () => {} };
  const example = exampleBatch(shape);
  const program = await compile(
    fn,
    { images: example.images },
    {
      state: model.weights.variables,
      constants: [model.anchors.boxes],
      cache: graphCache(params),
      precision,
    },
  ).finally(() => disposeBatch(example));
  return { predict: ({ images }) => program.run({ images }), dispose: program.dispose };
}
