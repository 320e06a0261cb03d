import type { Losses } from '../../src/loss/losses.ts';
import { maskRcnnLoss } from '../../src/loss/mask-rcnn-loss.ts';
import { extractFeatures } from '../../src/model/features.ts';
import { createMaskRcnn, type MaskRcnn } from '../../src/model/mask-rcnn.ts';
import type { Params } from '../../src/params/schema.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { type Branches, type BranchWatch, watchBranches } from './branches.ts';
import { noiseBatch } from './noise-batch.ts';

/** Factor of the output layers' kernels: about what training makes of them. */
const OUTPUT_GAIN = 10;

/** The whole loss as a function of the model's weights, of one batch, with one draw. */
export interface FixedLoss {
  variables: ReadonlyMap<string, tf.Variable>;
  /** At the weights as they are; on these branches, where some are given. */
  value(branches?: Branches): number;
  /** That the network takes at the weights as they are. */
  branches(): Branches;
  /** The gradient of the loss by the names of the weights; the caller disposes it. */
  gradients(): Map<string, tf.Tensor>;
  dispose(): void;
}

/**
 * The proposals are those of the weights at the beginning, whatever becomes of the weights: no gradient goes through them,
 * so differences must not see them move either.
 */
export function createFixedLoss(params: Params): FixedLoss {
  const watch = watchBranches();
  const model = watched(createMaskRcnn(params), watch);
  const { variables } = model.weights;
  raiseOutputs(variables);
  const batch = noiseBatch(params);
  const seed = tf.tensor1d([params.seed, 1], 'int32');
  const proposals = tf.tidy(() => ({ ...extractFeatures(model, batch.images, params.model).proposals }));
  const losses = (): Losses => {
    const pyramid = model.pyramid(batch.images);
    const features = { pyramid, rpn: model.rpn(pyramid), proposals };
    return maskRcnnLoss(model, features, { batch, seed }, params);
  };
  const value = () => tf.tidy(() => totalInDouble(losses(), params.loss));
  return {
    variables,
    value: (branches) => (branches ? watch.hold(branches, value) : value()),
    branches: () => watch.note(value),
    gradients: () => {
      const { value: total, grads } = tf.variableGrads(() => losses().total, [...variables.values()]);
      total.dispose();
      return new Map([...variables].map(([name, variable]) => [name, grads[variable.name]!]));
    },
    dispose: () => {
      watch.dispose();
      model.dispose();
      tf.dispose([...Object.values(batch), seed, proposals.boxes, proposals.valid]);
    },
  };
}

function watched(model: MaskRcnn, { within }: BranchWatch): MaskRcnn {
  return {
    ...model,
    pyramid: (images) => within(() => model.pyramid(images)),
    rpn: (pyramid) => within(() => model.rpn(pyramid)),
    boxHead: (pyramid, regions) => within(() => model.boxHead(pyramid, regions)),
    maskHead: (pyramid, regions) => within(() => model.maskHead(pyramid, regions)),
  };
}

/** Output layers begin near 0, and little of the loss reaches what lies before them: too little for float32. */
function raiseOutputs(variables: FixedLoss['variables']): void {
  for (const [name, variable] of variables)
    if (/\.(logits|classLogits|boxDeltas)\.kernel$/.test(name))
      tf.tidy(() => variable.assign(variable.mul(OUTPUT_GAIN)));
}

/** float32 knows a sum of 2 only to 1e-7: the terms are read one by one and added in float64. */
function totalInDouble(losses: Losses, weights: Params['loss']): number {
  const read = (loss: tf.Scalar) => loss.dataSync()[0]!;
  const total =
    read(losses.objectness) * weights.objectness_weight +
    read(losses.rpnBox) * weights.rpn_box_weight +
    read(losses.class) * weights.class_weight +
    read(losses.box) * weights.box_weight +
    read(losses.focal) * weights.focal_weight +
    read(losses.dice) * weights.dice_weight;
  if (Math.abs(total - read(losses.total)) <= 1e-6 * Math.abs(total)) return total;
  throw new Error(`The terms of the loss add up to ${total}, but its total is ${read(losses.total)}`);
}
