/**
 * What a training step reports: on the device as a few small vectors, for each tensor that is read costs time, and as numbers.
 */
import type { Losses } from '../../loss/losses.ts';
import { tf } from '../../system/tensorflow.ts';
import type { UpdateFigures } from './update.ts';

/** What a step said, as numbers. */
export interface StepFigures {
  /** The terms before their weights, and their weighted sum. */
  losses: Record<keyof Losses, number>;
  /** Of this batch's gradient over all weights that learn, before clipping. */
  gradientNorm: number;
  /** The same by part of the model: backbone, fpn, rpn, box, mask; only those that learn. */
  gradientNorms: Record<string, number>;
  /** How far this update moved the weights of each part, as a share of their length: |Δw| / |w|; 0 where none was made. */
  updateRatios: Record<string, number>;
  /** Whether the weights were changed: not by the first batches of those that make an update together, nor by a bad one. */
  applied: boolean;
}

/** The figures on the device. */
export type StepOutputs = {
  /** [9]: `LOSSES` in their order, the norm of the gradient, 1 where the weights were changed */
  figures: tf.Tensor1D;
  /** [2] by part: norm of the gradient, update ratio */
  parts: { [part: string]: tf.Tensor1D };
};

const LOSSES = [
  'objectness',
  'rpnBox',
  'class',
  'box',
  'focal',
  'dice',
  'total',
] as const satisfies (keyof Losses)[];

/** Called inside of the step. */
export function packStepFigures(losses: Losses, { gradients, ratios, applied }: UpdateFigures): StepOutputs {
  const vector = (scalars: tf.Scalar[]) => tf.stack(scalars) as tf.Tensor1D;
  const parts = [...gradients.byGroup].map(([part, norm]) => [part, vector([norm, ratios.get(part)!])]);
  return {
    figures: vector([...LOSSES.map((name) => losses[name]), gradients.all, applied]),
    parts: Object.fromEntries(parts),
  };
}

/** @returns the weighted sum of the losses, still on the device; the caller disposes it */
export function totalLoss({ figures }: StepOutputs): tf.Scalar {
  return figures.slice(LOSSES.indexOf('total'), 1).asScalar();
}

/** Reads the outputs of a step and frees them. */
export async function readStepFigures(outputs: StepOutputs): Promise<StepFigures> {
  const [figures, ...byPart] = await Promise.all(
    [outputs.figures, ...Object.values(outputs.parts)].map((tensor) => tensor.data<'float32'>()),
  );
  tf.dispose([outputs.figures, outputs.parts]);
  const names = Object.keys(outputs.parts);
  const column = (place: number) => Object.fromEntries(names.map((part, i) => [part, byPart[i]![place]!]));
  return {
    losses: Object.fromEntries(LOSSES.map((name, i) => [name, figures![i]!])) as StepFigures['losses'],
    gradientNorm: figures![LOSSES.length]!,
    gradientNorms: column(0),
    updateRatios: column(1),
    applied: figures![LOSSES.length + 1] === 1,
  };
}

/**
 * One update's figures, from those of the batches that made it, in order: means of losses and norms, and what the last batch
 * says of the update. In float16 the norm of a batch may have overflowed: the mean is of those that did not, NaN where all did.
 */
export function meanStepFigures(batches: readonly StepFigures[]): StepFigures {
  const { updateRatios, applied } = batches.at(-1)!;
  return {
    losses: meanRecord(batches.map(({ losses }) => losses)),
    gradientNorm: meanOfFinite(batches.map(({ gradientNorm }) => gradientNorm)),
    gradientNorms: meanRecord(batches.map(({ gradientNorms }) => gradientNorms)),
    updateRatios,
    applied,
  };
}

function meanRecord<Name extends string>(records: readonly Record<Name, number>[]): Record<Name, number> {
  const names = Object.keys(records[0]!) as Name[];
  const means = names.map((name) => [name, meanOfFinite(records.map((record) => record[name]))]);
  return Object.fromEntries(means) as Record<Name, number>;
}

function meanOfFinite(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  return finite.length > 0 ? finite.reduce((sum, value) => sum + value, 0) / finite.length : Number.NaN;
}

/** Reads scalars and frees them. */
export async function readFigures<Name extends string>(
  scalars: Record<Name, tf.Scalar>,
): Promise<Record<Name, number>> {
  const figures: Partial<Record<Name, number>> = {};
  for (const name of Object.keys(scalars) as Name[]) {
    figures[name] = (await scalars[name].data())[0]!;
    scalars[name].dispose();
  }
  return figures as Record<Name, number>;
}
