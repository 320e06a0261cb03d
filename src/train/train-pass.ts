/**
 * One pass of a phase, or the rest of one: what is done about each update that `makeUpdates` makes.
 */
import { batchShape } from '../data/host-batch.ts';
import { UserError } from '../system/errors.ts';
import { addToSums, machineRow, stepRow } from './history.ts';
import { makeUpdates, type StepReport, type UpdatesOptions } from './make-updates.ts';
import { computedParams, type TrainingRun } from './open-run.ts';
import { timeUsed } from './phases/phase-end.ts';
import { labelOf, rateGroups } from './phases/phases.ts';
import { scheduleOf, updatesPerEpoch } from './phases/schedule.ts';
import { type RunningPhase, saveCheckpoint } from './save-checkpoint.ts';
import { type BadUpdate, badUpdateError, examineBadBatch, remedyFor } from './trouble/bad-update.ts';
import { goBack } from './trouble/go-back.ts';
import { createSpikeWatch, type SpikeWatch } from './trouble/spike-watch.ts';

/**
 * Ends where the pass does, where its time is over, or where the run is stopped.
 * @returns whether it went back to the last checkpoint instead, from where training is to go on
 * @throws UserError where numbers go wrong too often, or the disk takes no checkpoints
 */
export async function trainPass(running: RunningPhase): Promise<'done' | 'went back'> {
  const { run } = running;
  const { params } = run;
  const spikes = createSpikeWatch(params.train.spike_factor, run.state.recentLosses);
  for await (const event of makeUpdates(updatesOptions(running))) {
    if (event.kind === 'bad' && (await mend(running, event.bad)) === 'went back') return 'went back';
    run.state.updates++;
    run.state.steps = event.step;
    if (event.kind === 'made') {
      tell(running, event.report);
      watchLoss(run, event.report, spikes);
      watchOverflow(run, event.report);
    }
    if (run.state.steps % params.train.checkpoint.steps === 0) await saveCheckpoint(running);
  }
  return 'done';
}

/** @throws UserError where the update ends the run, which is kept as it was before */
async function mend(running: RunningPhase, bad: BadUpdate): Promise<'left out' | 'went back'> {
  const { run } = running;
  running.sound = !bad.applied;
  const remedy = remedyFor(bad, run);
  if (remedy === 'skip') return 'left out';
  if (remedy === 'roll_back') {
    await goBack(running, bad);
    return 'went back';
  }
  // Before the error is put in words, which name that checkpoint. Without room for it, those before it stay.
  if (running.sound) await saveCheckpoint(running).catch(() => {});
  throw badUpdateError(bad, run);
}

function updatesOptions(running: RunningPhase): UpdatesOptions<BadUpdate> {
  const { run, phase, engine, update } = running;
  const params = computedParams(run);
  const images = run.splits.train;
  const totalSteps = phase.epochs * updatesPerEpoch(images.length, params.train);
  return {
    loader: run.loader,
    images,
    shape: batchShape(params),
    params,
    signal: run.signal,
    trainStep: engine.train,
    schedule: scheduleOf(params.train, phase.rates, totalSteps),
    groups: rateGroups(phase, update.learning.keys()),
    place: { ...run.state },
    rateFactor: run.state.trouble.rateFactor,
    excluded: run.state.trouble.excluded,
    examine: (bad) => examineBadBatch(bad, run),
    timeUsed: () => timeUsed(running),
  };
}

/** To the trackers, the means of the epoch, and people. */
function tell({ run, phase }: RunningPhase, report: StepReport): void {
  const { step, epoch, figures, imagesPerSecond, seconds } = report;
  const reading = run.machine.read();
  const row = stepRow(report, machineRow(reading));
  addToSums(run.state.sums, row);
  run.tracker.log(step, { epoch, phase: phase.number, ...row });
  const place = { epoch, phase: phase.name === 'train' ? null : labelOf(phase.name) };
  const loss = figures.losses.total;
  run.progress.update(step, { ...place, loss, imagesPerSecond, seconds, memoryBytes: reading.memoryBytes });
  if (report.overflow > 0) sayOverflow(run, report.overflow);
}

function sayOverflow({ state, params, progress }: TrainingRun, overflow: number): void {
  if (state.overflowSaid) return;
  state.overflowSaid = true;
  progress.line(
    `data.max_instances (${params.data.max_instances}) is too small: ${overflow} buildings of one batch, the ` +
      'smallest, count as background; raise it to train on them',
  );
}

function watchLoss(
  { state, progress }: TrainingRun,
  { step, figures }: StepReport,
  spikes: SpikeWatch,
): void {
  const loss = figures.losses.total;
  const spike = spikes.check(loss);
  state.recentLosses = [...spikes.recent];
  if (spike) {
    progress.line(
      `Loss spike at step ${step}: ${loss.toPrecision(3)}, the median of the updates before it is ${spike.median.toPrecision(3)}`,
    );
  }
}

/** In a row. The loss scale is halved at each: from 65,536 it has long been 1, and the gradient itself does not fit into float16. */
const MOST_OVERFLOWS = 40;

/** @throws UserError where float16 has no room for the gradients */
function watchOverflow({ state }: TrainingRun, { step, figures }: StepReport): void {
  state.trouble.overflows = figures.applied ? 0 : state.trouble.overflows + 1;
  if (state.trouble.overflows < MOST_OVERFLOWS) return;
  throw new UserError(
    `Training stopped at step ${step}: the gradients of the last ${MOST_OVERFLOWS} updates did not fit into float16; ` +
      'use train.precision=bfloat16 or float32, or smaller weights of the loss',
  );
}
