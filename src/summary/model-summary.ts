/**
 * How large the model of some params is and what it costs: counted from its weights and from the graphs that would run, without
 * data, trained weights or running it.
 */
import { costOf } from '../graph/cost.ts';
import { extractFeatures } from '../model/features.ts';
import { createMaskRcnn, type MaskRcnn } from '../model/mask-rcnn.ts';
import { predict } from '../model/predict.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import { type MemoryPlan, planMemory } from './memory-plan.ts';
import { type ByPart, flopsByPart, inParts, parametersByPart } from './parts.ts';
import { type Regions, type TrainingCost, trainingCosts } from './training-cost.ts';

/** What there is to know of a model before it is trained. Keys as in the JSON that is printed. */
export interface ModelSummary {
  /** `custom`, or the backbone that is transferred. */
  backbone: string;
  /** Side of the images in pixels. */
  image_size: number;
  batch_size: number;
  parameters: ByPart;
  inference: InferenceCost;
  /** One for each phase, in order. */
  training: TrainingCost[];
  /** What training will take on a CPU, in the phase that takes most. */
  memory_plan: MemoryPlan;
}

/** Of one image. */
interface InferenceCost {
  regions: Regions;
  /** Floating-point operations; `other` is the choice of proposals and detections. */
  flops: ByPart;
  /** Of the values that there are when most are, weights not counted. */
  memory_bytes: number;
}

/** @param log is told what is being counted, as it may take seconds */
export function summarizeModel(params: Params, log: (line: string) => void): ModelSummary {
  const { train, data, model: options } = params;
  log('Making the model');
  const model = createMaskRcnn(params);
  try {
    const scoped = inParts(model);
    log('Counting inference');
    const inference = inferenceCost(scoped, params);
    const training = trainingCosts(scoped, params, (phase) => log(`Counting a training step (${phase})`));
    return {
      backbone: train.model_type === 'custom' ? 'custom' : options.transfer.backbone,
      image_size: data.image_size,
      batch_size: train.batch_size,
      parameters: parametersByPart(model.weights.variables),
      inference,
      training,
      memory_plan: planMemory(
        training.map(({ phase, memory_bytes: memory }) => ({ phase, ...memory })),
        params,
      ),
    };
  } finally {
    model.dispose();
  }
}

function inferenceCost(model: MaskRcnn, params: Params): InferenceCost {
  const { height, width } = model.canvas;
  const images = tf.zeros<tf.Rank.R4>([1, height, width, 3]);
  const fn = (inputs: { images: tf.Tensor4D }) =>
    tf.tidy(() => predict(model, extractFeatures(model, inputs.images, params.model), params.model));
  try {
    const { nodes, peak } = costOf(
      fn,
      { images },
      {
        state: model.weights.variables,
        constants: [model.anchors.boxes],
        precision: params.inference.precision,
      },
    );
    return {
      regions: { box: params.model.rpn.post_nms_top_k, mask: params.model.detection.max_detections },
      flops: flopsByPart(nodes, 1),
      memory_bytes: peak.bytes,
    };
  } finally {
    images.dispose();
  }
}
