/**
 * What a training step costs: the step that `train` would compile, counted instead of run.
 */
import { batchShape } from '../data/host-batch.ts';
import { costOf, type GraphCost, type NodeCost } from '../graph/cost.ts';
import { outermostScope } from '../graph/scope.ts';
import { maskRcnnLoss } from '../loss/mask-rcnn-loss.ts';
import { extractFeatures } from '../model/features.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import { disposeStepInputs, exampleStepInputs } from '../train/engine/step.ts';
import { type Phase, phasesOf } from '../train/phases/phases.ts';
import {
  type CountedPhase,
  costOptions,
  countTrainStep,
  countValidationStep,
  largestSize,
  UPDATE_SCOPE,
  withUpdate,
} from './counted-steps.ts';
import { type ByPart, flopsByPart } from './parts.ts';
import { type PhaseMemory, phaseMemory } from './phase-memory.ts';

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
  /** With the largest images, where training shows several sizes. */
  memory_bytes: Omit<PhaseMemory, 'phase'>;
}

/** @param model with its parts in scopes (`inParts`). @returns one for each phase, in order */
export function trainingCosts(
  model: MaskRcnn,
  params: Params,
  onPhase: (phase: Phase['name']) => void,
): TrainingCost[] {
  const forward = forwardFlops(model, params);
  let validation: GraphCost | undefined;
  return phasesOf(params).map((phase) => {
    onPhase(phase.name);
    return withUpdate(model, phase, params, (counted) => {
      validation ??= countValidationStep(counted, params);
      return phaseCost(phase, counted, { params, forward, validation });
    });
  });
}

/** For each image. */
function forwardFlops(model: MaskRcnn, params: Params): ByPart {
  const inputs = exampleStepInputs(batchShape(params));
  const { batch, seed } = inputs;
  const fn = (given: Pick<typeof inputs, 'batch' | 'seed'>) =>
    tf.tidy(() =>
      maskRcnnLoss(model, extractFeatures(model, given.batch.images, params.model), given, params),
    );
  try {
    const { nodes } = costOf(fn, { batch, seed }, costOptions(model, params));
    return flopsByPart(nodes, params.train.batch_size);
  } finally {
    disposeStepInputs(inputs);
  }
}

interface PhaseContext {
  params: Params;
  /** For each image. */
  forward: ByPart;
  validation: GraphCost;
}

function phaseCost(
  phase: Phase,
  counted: CountedPhase,
  { params, forward, validation }: PhaseContext,
): TrainingCost {
  const { image_size: side } = params.data;
  const step = countTrainStep(counted, params, side);
  const largest = largestSize(params);
  const largestStep = largest === side ? step : countTrainStep(counted, params, largest);
  const flopsOf = (some: readonly NodeCost[]) => flopsByPart(some, params.train.batch_size).total;
  const [total, updating] = [
    flopsOf(step.nodes),
    flopsOf(step.nodes.filter(({ name }) => outermostScope(name) === UPDATE_SCOPE)),
  ];
  const { phase: name, ...memory } = phaseMemory(phase, counted, { step: largestStep, validation });
  return {
    phase: name,
    regions: { box: params.model.roi.samples, mask: params.model.roi.mask_samples },
    learning_parameters: [...counted.update.learning.values()].reduce((sum, { size }) => sum + size, 0),
    flops_per_image: { forward, backward: total - forward.total - updating, update: updating, total },
    memory_bytes: memory,
  };
}
