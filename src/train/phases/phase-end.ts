/**
 * When a phase is over: after its epochs, its time, or when validations bring nothing any more.
 */

import type { TrainingRun } from '../open-run.ts';
import { isOutOfPatience } from './patience.ts';
import { epochsOf, labelOf, type Phase } from './phases.ts';

interface PhaseOfRun {
  phase: Phase;
  run: Pick<TrainingRun, 'params' | 'phases' | 'state' | 'seconds' | 'progress'>;
}

/** Asked between two passes. A pass that is under way goes to its validation; the first one is made in any case. */
export function isPhaseOver(running: PhaseOfRun): boolean {
  const { epoch, updates } = running.run.state;
  if (updates > 0 || epoch - 1 === running.run.state.epochsBeforePhase) return false;
  return reasonOf(running) !== null;
}

/** Says why, unless it is for its epochs. */
export function sayPhaseEnd(running: PhaseOfRun): void {
  const { run, phase } = running;
  const reason = reasonOf(running);
  if (reason === null || reason === 'epochs') return;
  const { max_minutes: minutes, patience } = run.params.train;
  const isLast = phase === run.phases.at(-1);
  const over = isLast
    ? `train.max_minutes (${minutes}) is over`
    : `its share of train.max_minutes (${minutes}) is over`;
  const why =
    reason === 'time' ? over : `as many validations as train.patience (${patience}) brought no better model`;
  run.progress.line(isLast ? `Stopped: ${why}` : `Phase ${labelOf(phase.name)} ends: ${why}`);
}

/**
 * Share of the phase's part of `train.max_minutes` that is used up; 0 where there is no limit. Phases share what was left of
 * the time when they began as they share the epochs that were left.
 */
export function timeUsed({ run, phase }: PhaseOfRun): number {
  const { params, phases, state } = run;
  if (params.train.max_minutes === null) return 0;
  const share = phase.epochs / epochsOf(phases.slice(phases.indexOf(phase)));
  const allowed = (params.train.max_minutes * 60 - state.secondsBeforePhase) * share;
  return (run.seconds() - state.secondsBeforePhase) / Math.max(0.001, allowed);
}

function reasonOf(running: PhaseOfRun): 'epochs' | 'time' | 'patience' | null {
  const { run, phase } = running;
  const { epoch, epochsBeforePhase, validationsWithoutGain } = run.state;
  if (epoch - 1 - epochsBeforePhase >= phase.epochs) return 'epochs';
  if (timeUsed(running) >= 1) return 'time';
  return isOutOfPatience(validationsWithoutGain, run.params.train.patience) ? 'patience' : null;
}
