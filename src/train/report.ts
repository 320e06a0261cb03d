/**
 * What a training run says to people.
 */
import { dirname, resolve } from 'node:path';
import type { Split } from '../data/prepared.ts';
import type { Variables } from '../graph/optimizers/optimizer.ts';
import type { ProgramOrigin } from '../graph/program.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import type { Params } from '../params/schema.ts';
import type { MetricsRow } from '../tracking/tracker.ts';
import type { CheckpointNote } from './checkpoint/checkpoint-file.ts';
import { labelOf, type Phase } from './phases/phases.ts';
import { formatDuration } from './progress-text.ts';

/** What was written where, and the figures of the best model on the validation split. */
export interface TrainingSummary {
  /** The best model's file and what belongs to it; all null when the run was stopped before its first validation. */
  model: string | null;
  params: string | null;
  history: string | null;
  curves: string | null;
  /** Folder of this run's checkpoints; null when it was stopped before the first. */
  checkpoints: string | null;
  /** Whether nothing is left to do: not when the run was stopped. */
  finished: boolean;
  /** The step after which an earlier part of the run was continued; null = none was. */
  resumed_from: number | null;
  epochs: number;
  steps: number;
  /** Of all parts of the run. */
  seconds: number;
  /** Of the last checkpoint's tensors, weights and the update's memory: equal where two runs ended alike to the last bit. */
  weights_sha256: string | null;
  best: BestFigures | null;
}

/** Figures of the best model; its epoch, 1 for the first. */
export interface BestFigures {
  epoch: number;
  /** null where it is not a finite number. */
  loss: number | null;
  mask_ap: number | null;
  mask_ap50: number | null;
  boundary_ap: number | null;
  iou: number | null;
  dice: number | null;
  /** Where F1 is highest, for the next three; null where no detection is right, and none better than another. */
  score_threshold: number | null;
  precision: number | null;
  recall: number | null;
  f1: number | null;
  /** Shares of the buildings. */
  merged_rate: number | null;
  split_rate: number | null;
}

/** The line before a phase of transfer. @param learning the weights that learn in it */
export function describePhase(phase: Phase, learning: Variables): string {
  const { name, number, epochs, rates } = phase;
  return (
    `Phase ${number} of 2, ${labelOf(name)}: ${count(epochs, 'epoch')}, learning rate ${rates.learning_rate}, ` +
    `${millions(learning)} M weights learn`
  );
}

/** The line before the first step. */
export function describeRun(
  model: MaskRcnn,
  splits: Record<Split, readonly unknown[]>,
  params: Params,
): string {
  return (
    `Training ${modelName(params)} (${millions(model.weights.variables)} M weights) on ${splits.train.length} images ` +
    `at ${params.data.image_size} px, ${splits.valid.length} for validation`
  );
}

/** The line before an earlier part of the run is continued. */
export function describeResume({ path, state }: CheckpointNote): string {
  return `Going on after step ${state.steps}, in epoch ${state.epoch}: ${path}`;
}

/** The line at the end of a run that was stopped. @param newest its newest checkpoint @param folder of its own checkpoints */
export function describePause({ path, state }: CheckpointNote, folder: string): string {
  const command = 'aerial train, with the same --params and --set';
  return resolve(dirname(path)) === resolve(folder)
    ? `Kept as it was after step ${state.steps}: ${command}, goes on from there (${path})`
    : `Nothing new was kept: ${command} and --resume ${path}, goes on after step ${state.steps}`;
}

/** The line after an error. */
export function describeNewest({ path, state }: CheckpointNote): string {
  return `The newest checkpoint is that of step ${state.steps} (${path})`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function modelName({ train, model }: Params): string {
  return train.model_type === 'transfer' ? `transfer (${model.transfer.backbone})` : train.model_type;
}

function millions(weights: Variables): string {
  const count = [...weights.values()].reduce((sum, { size }) => sum + size, 0);
  return (count / 1e6).toFixed(2);
}

/** The line after the graphs have been made. */
export function describeGraphs(
  { cached, cacheError, nodes, recordMs, loadMs }: ProgramOrigin,
  { train }: Pick<Params, 'train'>,
): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const made = cached ? 'found in the cache' : `recorded in ${seconds(recordMs)}`;
  const kept = cacheError ? `; they will be recorded again next time: ${cacheError.message}` : '';
  return `Compiled to TensorFlow graphs (${nodes} nodes, ${train.precision}): ${made}, loaded in ${seconds(loadMs)}${kept}`;
}

/** The line after each epoch. @param row means of the training steps and figures of the validation */
export function epochLine(epoch: number, epochs: number, row: MetricsRow, improved: boolean): string {
  return [
    `epoch ${epoch}/${epochs}`,
    `train loss ${figure(row['train/loss'])}`,
    `valid loss ${figure(row['valid/loss'])}`,
    `mask mAP ${figure(row['valid/mask_ap'])}`,
    `mAP50 ${figure(row['valid/mask_ap50'])}`,
    `IoU ${figure(row['valid/iou'])}`,
    `F1 ${figure(row['valid/f1'])}`,
    `merged ${percent(row['valid/merged_rate'])}`,
    ...(improved ? ['best so far, saved'] : []),
  ].join(' · ');
}

/** Lines for people, at the end. */
export function formatTrainingSummary(summary: TrainingSummary): string {
  const { model, best, curves, steps, seconds, finished } = summary;
  if (!best)
    return `Stopped after ${steps} steps, before the first validation: this run kept no model (that of an earlier run, if there was one, is still there)`;
  return [
    `${finished ? 'Trained' : 'Stopped after'} ${steps} steps in ${formatDuration(seconds * 1000)}`,
    `Best model (epoch ${best.epoch}): ${model}`,
    `  on valid: mask mAP ${figure(best.mask_ap)}, mAP50 ${figure(best.mask_ap50)}, boundary mAP ${figure(best.boundary_ap)}, ` +
      `IoU ${figure(best.iou)}, Dice ${figure(best.dice)}`,
    best.score_threshold === null
      ? '  no detection is right at an IoU of 0.5, so that no score threshold could be chosen'
      : `  from score ${figure(best.score_threshold)} on, where F1 is highest (${figure(best.f1)}): ` +
        `precision ${figure(best.precision)}, recall ${figure(best.recall)}, ` +
        `${percent(best.merged_rate)} of the buildings merged, ${percent(best.split_rate)} split`,
    `Curves: ${curves}`,
    finished
      ? 'Next: aerial inference, with the same --params and --set'
      : 'Next: aerial train, with the same --params and --set, goes on from there',
  ].join('\n');
}

function figure(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : value.toFixed(3);
}

function percent(rate: number | null | undefined): string {
  return rate === null || rate === undefined ? '-' : `${(100 * rate).toFixed(1)} %`;
}
