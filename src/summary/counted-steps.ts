/**
 * The steps of a training run as graphs that are counted instead of run: the very functions that `train` would compile.
 */
import { type BatchShape, batchShape, trainingSizes } from '../data/host-batch.ts';
import { type CostOptions, costOf, type GraphCost } from '../graph/cost.ts';
import type { Variables } from '../graph/optimizers/optimizer.ts';
import { inScope } from '../graph/scope.ts';
import { type MaskRcnn, squareCanvas } from '../model/mask-rcnn.ts';
import type { Params } from '../params/schema.ts';
import {
  createTrainStep,
  disposeStepInputs,
  exampleStepInputs,
  type StepInputs,
} from '../train/engine/step.ts';
import { createUpdate, type WeightUpdate } from '../train/engine/update.ts';
import { createValidationStep } from '../train/engine/validation-step.ts';
import type { Phase } from '../train/phases/phases.ts';
import { inParts } from './parts.ts';

/** The scope of what changes the weights. */
export const UPDATE_SCOPE = 'update';

/** What the steps of a phase work on. */
export interface CountedPhase {
  /** With its parts in scopes (`inParts`). */
  model: MaskRcnn;
  update: WeightUpdate;
}

/** @param body gets the phase's own update, which is gone after it */
export function withUpdate<T>(
  model: MaskRcnn,
  phase: Phase,
  params: Params,
  body: (counted: CountedPhase) => T,
): T {
  const weights = model.weights.variables;
  const update = createUpdate(weights, params.train, phase.multiples(weights.keys()));
  try {
    return body({ model, update });
  } finally {
    update.dispose();
  }
}

/** The side of the largest images that the training step sees, in pixels. */
export function largestSize(params: Params): number {
  return Math.max(...trainingSizes(params));
}

/** A step of training with images of this size. */
export function countTrainStep(
  { model, update }: CountedPhase,
  params: Params,
  imageSize: number,
): GraphCost {
  const scoped: WeightUpdate = {
    ...update,
    apply: (...args) => inScope(UPDATE_SCOPE, () => update.apply(...args)),
  };
  const view = model.onCanvas(squareCanvas(imageSize));
  try {
    const step = createTrainStep(inParts(view), scoped, params);
    return withInputs({ ...batchShape(params), imageSize }, (inputs) =>
      costOf(step, inputs, costOptions(view, params, update.state)),
    );
  } finally {
    view.dispose();
  }
}

/** A batch of the validation split: losses and detections. */
export function countValidationStep({ model, update }: CountedPhase, params: Params): GraphCost {
  const step = createValidationStep(model, update, params);
  return withInputs(batchShape(params), ({ batch, seed }) =>
    costOf(step, { batch, seed }, costOptions(model, params, update.state)),
  );
}

/** How a step of training is compiled. @param state what it reads or changes besides the weights */
export function costOptions(model: MaskRcnn, { train }: Params, state: Variables = new Map()): CostOptions {
  return {
    state: new Map([...model.weights.variables, ...state]),
    constants: [model.anchors.boxes],
    precision: train.precision,
  };
}

function withInputs<T>(shape: BatchShape, body: (inputs: StepInputs) => T): T {
  const inputs = exampleStepInputs(shape);
  try {
    return body(inputs);
  } finally {
    disposeStepInputs(inputs);
  }
}
