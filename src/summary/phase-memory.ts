import type { GraphCost } from '../graph/cost.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import type { Params } from '../params/schema.ts';
import { type Phase, phasesOf } from '../train/phases/phases.ts';
import {
  type CountedPhase,
  countTrainStep,
  countValidationStep,
  largestSize,
  withUpdate,
} from './counted-steps.ts';
import { alongByPart, type ByPart, valueBytesByPart, variableBytesByPart } from './parts.ts';

/** What a phase of training holds, in bytes, as it follows from its graphs. Keys as in the JSON that is kept. */
export interface PhaseMemory {
  phase: Phase['name'];
  weights: ByPart;
  /** What optimizer, averages and accumulation keep for the weights. */
  optimizer: ByPart;
  /** The values of a step of training with its largest images when most are there, by the part that has made them; gradients are `other`. */
  values: ByPart;
  /** Likewise of a batch of the validation. */
  validation: ByPart;
}

/**
 * Counts all phases.
 * @param model with its parts in scopes (`inParts`)
 * @param onPhase is told what is being counted
 */
export function countPhases(
  model: MaskRcnn,
  params: Params,
  onPhase: (phase: Phase['name']) => void,
): PhaseMemory[] {
  let validation: GraphCost | undefined;
  return phasesOf(params).map((phase) => {
    onPhase(phase.name);
    return withUpdate(model, phase, params, (counted) => {
      // The same in all phases, but for whose weights are averages.
      validation ??= countValidationStep(counted, params);
      return phaseMemory(phase, counted, {
        step: countTrainStep(counted, params, largestSize(params)),
        validation,
      });
    });
  });
}

/** What the phases hold with a batch of another size, from what they hold with two: it grows along a straight line. */
export function atBatch(
  batch: number,
  small: { batch: number; phases: readonly PhaseMemory[] },
  large: { batch: number; phases: readonly PhaseMemory[] },
): PhaseMemory[] {
  const share = (batch - small.batch) / (large.batch - small.batch);
  return large.phases.map((phase, i) => ({
    ...phase,
    values: alongByPart(small.phases[i]!.values, phase.values, share),
    validation: alongByPart(small.phases[i]!.validation, phase.validation, share),
  }));
}

/** @param costs of the step with the largest images, and of the validation */
export function phaseMemory(
  { name }: Phase,
  { model, update }: CountedPhase,
  { step, validation }: Record<'step' | 'validation', GraphCost>,
): PhaseMemory {
  return {
    phase: name,
    weights: variableBytesByPart(model.weights.variables),
    optimizer: variableBytesByPart(update.state),
    values: valueBytesByPart(step.peak),
    validation: valueBytesByPart(validation.peak),
  };
}
