/**
 * What a training step costs: the step that `train` would compile, counted instead of run.
 */
import { batchShape } from '../data/host-batch.ts';
import { type CostOptions, costOf, type NodeCost } from '../graph/cost.ts';
import type { Variables } from '../graph/optimizers/optimizer.ts';
import { inScope, outermostScope } from '../graph/scope.ts';
import { maskRcnnLoss } from '../loss/mask-rcnn-loss.ts';
import { extractFeatures } from '../model/features.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import { type Phase, phasesOf } from '../train/phases.ts';
import { createTrainStep, disposeStepInputs, exampleStepInputs, type StepInputs } from '../train/step.ts';
import { createUpdate, type WeightUpdate } from '../train/update.ts';
import { addByPart, type ByPart, flopsByPart, valueBytesByPart, variableBytesByPart } from './parts.ts';

/** The scope of what changes the weights. */
const UPDATE = 'update';

/** How many regions of an image go through the heads. */
export interface Regions {
  box: number;
  mask: number;
}

/** A step of one phase: a batch of `train.batch_size` images that ends in an update. Keys as in the JSON that is printed. */
export interface TrainingCost {
  phase: Phase['name'];
  learning_parameters: number;
  /** Of each image, through the heads. */
  regions: Regions;
  /** Floating-point operations for each image. */
  flops_per_image: {
    /** `other` are targets and losses. */
    forward: ByPart;
    backward: number;
    /** Clipping, optimizer, averages. */
    update: number;
    total: number;
  };
  memory_bytes: {
    weights: ByPart;
    /** What optimizer, averages and accumulation keep for the weights. */
    optimizer: ByPart;
    /** The values that there are when most are, by the part that has made them; gradients are `other`. */
    values: ByPart;
    total: ByPart;
  };
}

/** @param model with its parts in scopes (`inParts`). @returns one for each phase, in order */
export function trainingCosts(
  model: MaskRcnn,
  params: Params,
  onPhase: (phase: Phase['name']) => void,
): TrainingCost[] {
  const inputs = exampleStepInputs(batchShape(params));
  try {
    const forward = forwardFlops(model, inputs, params);
    return phasesOf(params).map((phase) => {
      onPhase(phase.name);
      const weights = model.weights.variables;
      const update = createUpdate(weights, params.train, phase.multiples(weights.keys()));
      try {
        return phaseCost(phase, { model, update, inputs, forward }, params);
      } finally {
        update.dispose();
      }
    });
  } finally {
    disposeStepInputs(inputs);
  }
}

/** For each image. */
function forwardFlops(model: MaskRcnn, { batch, seed }: StepInputs, params: Params): ByPart {
  const fn = (inputs: Pick<StepInputs, 'batch' | 'seed'>) =>
    tf.tidy(() =>
      maskRcnnLoss(model, extractFeatures(model, inputs.batch.images, params.model), inputs, params),
    );
  const { nodes } = costOf(fn, { batch, seed }, costOptions(model, params));
  return flopsByPart(nodes, params.train.batch_size);
}

interface PhaseContext {
  model: MaskRcnn;
  update: WeightUpdate;
  inputs: StepInputs;
  /** For each image. */
  forward: ByPart;
}

function phaseCost(phase: Phase, context: PhaseContext, params: Params): TrainingCost {
  const { model, update, inputs, forward } = context;
  const scoped: WeightUpdate = {
    ...update,
    apply: (...args) => inScope(UPDATE, () => update.apply(...args)),
  };
  const step = createTrainStep(model, scoped, params);
  const { nodes, peak } = costOf(step, inputs, costOptions(model, params, update.state));
  const flopsOf = (some: readonly NodeCost[]) => flopsByPart(some, params.train.batch_size).total;
  const [total, updating] = [
    flopsOf(nodes),
    flopsOf(nodes.filter(({ name }) => outermostScope(name) === UPDATE)),
  ];
  const [weights, optimizer] = [
    variableBytesByPart(model.weights.variables),
    variableBytesByPart(update.state),
  ];
  const values = valueBytesByPart(peak);
  return {
    phase: phase.name,
    regions: { box: params.model.roi.samples, mask: params.model.roi.mask_samples },
    learning_parameters: [...update.learning.values()].reduce((sum, { size }) => sum + size, 0),
    flops_per_image: { forward, backward: total - forward.total - updating, update: updating, total },
    memory_bytes: { weights, optimizer, values, total: addByPart(weights, optimizer, values) },
  };
}

function costOptions(model: MaskRcnn, { train }: Params, state: Variables = new Map()): CostOptions {
  return {
    state: new Map([...model.weights.variables, ...state]),
    constants: [model.anchors.boxes],
    precision: train.precision,
  };
}
