import type { HostBatch } from '../../data/host-batch.ts';
import type { StepFigures } from '../engine/step-figures.ts';
import type { BadTerm } from './bad-terms.ts';

/** A step with figures that are no finite numbers. */
export interface BadStep {
  /** Of the run, 1 for the first. */
  step: number;
  epoch: number;
  learningRate: number;
  terms: readonly BadTerm[];
  figures: StepFigures;
  /** Its memory is used again for the batches that follow. */
  batch: HostBatch;
}
