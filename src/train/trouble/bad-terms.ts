import type { Params } from '../../params/schema.ts';
import type { StepFigures } from '../engine/step-figures.ts';

/** A figure that is not a finite number. */
export interface BadTerm {
  /** `total` and the other losses, `gradientNorm`, `gradientNorm/backbone`, `updateRatio/backbone` */
  name: string;
  /** NaN or ±Infinity */
  value: number;
}

/**
 * What went wrong in a step: first the terms of the loss, then their sum, the gradient, and the update. Gradients may overflow
 * in float16: the update is left out then, and the loss scale halved.
 * @returns [] where all is well
 */
export function badTerms(figures: StepFigures, precision: Params['train']['precision']): BadTerm[] {
  const { losses, gradientNorm, gradientNorms, updateRatios } = figures;
  const gradients = [['gradientNorm', gradientNorm] as const, ...prefixed('gradientNorm', gradientNorms)];
  const watched = [
    ...Object.entries(losses),
    ...(precision === 'float16' ? [] : gradients),
    ...prefixed('updateRatio', updateRatios),
  ];
  return watched.filter(([, value]) => !Number.isFinite(value)).map(([name, value]) => ({ name, value }));
}

function prefixed(prefix: string, byPart: Readonly<Record<string, number>>): [name: string, value: number][] {
  return Object.entries(byPart).map(([part, value]) => [`${prefix}/${part}`, value]);
}
