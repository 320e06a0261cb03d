/**
 * Where a run stands: with the weights and the optimizer's memory, all that it needs to go on as if it had not been
 * stopped. The loop goes by this alone. It is plain JSON: a figure of the history that is not finite is null in it.
 *
 * Random numbers are not in it: each follows from the seed and the place that it is for (epoch, place in the pass, update).
 */
import type { Metrics } from '../../evaluate/metrics.ts';
import type { History, RowSums } from '../history.ts';
import type { Phase } from '../phases/phases.ts';
import type { PretrainedSource } from '../pretrained.ts';

/** Positions count updates, not batches: the batch may be halved on the way. */
export interface RunState {
  /** Whether nothing is left to do. */
  finished: boolean;
  /** By name: the params may leave out another one by the time the run is gone on with. */
  phase: Phase['name'];
  /** The pass under way, 1 for the first of the run. */
  epoch: number;
  /** Updates of it that are behind, those that were left out included. */
  updates: number;
  /** Of the whole run, those that were left out included. */
  steps: number;
  /** Steps and epochs that were behind when this phase began; the optimizer and the schedule count from there. */
  stepsBeforePhase: number;
  epochsBeforePhase: number;
  /** Seconds of all parts of the run; those that were behind when this phase began. */
  seconds: number;
  secondsBeforePhase: number;
  /** Of the figures of this pass. */
  sums: RowSums;
  history: History;
  best: BestModel | null;
  /** Validations of this phase in a row that brought no better model. */
  validationsWithoutGain: number;
  trouble: TroubleState;
  /** Images of a batch: `train.batch_size`, or a part of it where memory ran out. */
  batchSize: number;
  /** Losses of the last updates, for the watch on spikes. */
  recentLosses: number[];
  /** By what the trackers know the run. */
  trackingId: string | null;
  pretrained: PretrainedSource | null;
  /** Whether it has been said that `data.max_instances` is too small. */
  overflowSaid: boolean;
}

/** The best model so far. Its weights lie beside the checkpoints. */
export interface BestModel {
  epoch: number;
  step: number;
  /** null where it was not a finite number. */
  loss: number | null;
  metrics: Metrics;
  /** The score threshold with the highest F1; null where no detection is right. */
  scoreThreshold: number | null;
  /** Of its file. */
  sha256: string;
}

/** What became of updates that were not finite. */
interface TroubleState {
  /** Skips or roll-backs so far. */
  count: number;
  /** What roll-backs have made of the learning rate: a factor. */
  rateFactor: number;
  /** Steps that are left out when they come again. */
  excluded: number[];
  /** Updates in a row whose gradient did not fit into float16. */
  overflows: number;
}

/** Where every run begins. */
export function initialState({
  phase,
  batchSize,
  trackingId,
  pretrained,
}: Pick<RunState, 'phase' | 'batchSize' | 'trackingId' | 'pretrained'>): RunState {
  return {
    finished: false,
    phase,
    epoch: 1,
    updates: 0,
    steps: 0,
    stepsBeforePhase: 0,
    epochsBeforePhase: 0,
    seconds: 0,
    secondsBeforePhase: 0,
    sums: {},
    history: [],
    best: null,
    validationsWithoutGain: 0,
    trouble: { count: 0, rateFactor: 1, excluded: [], overflows: 0 },
    batchSize,
    recentLosses: [],
    trackingId,
    pretrained,
    overflowSaid: false,
  };
}
