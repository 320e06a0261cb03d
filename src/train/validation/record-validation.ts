import { meanRow, validationRow, writeHistory } from '../history.ts';
import { validationsWithoutGain } from '../phases/patience.ts';
import { epochsOfRun } from '../phases/phases.ts';
import { epochLine } from '../report.ts';
import type { RunningPhase } from '../save-checkpoint.ts';
import { isBetter } from './best.ts';
import { saveBest } from './results.ts';
import { showValidation } from './show-validation.ts';
import type { Validation } from './validate.ts';

/** Ends a pass: its row of history, its pictures, and the model, if it is the best so far. @param seconds that the validation took */
export async function recordValidation(
  running: RunningPhase,
  validation: Validation,
  seconds: number,
): Promise<void> {
  const { run, phase } = running;
  const { state, tracker } = run;
  const { epoch, steps: step } = state;
  const place = { epoch, phase: phase.number };
  const figures = validationRow(validation, seconds);
  const row = { ...place, step, ...meanRow(state.sums), ...figures };
  tracker.log(step, { ...place, ...figures });
  await showValidation(tracker, validation, { step, epoch });
  const improved = isBetter(validation, state.best);
  const best = improved ? await saveBest(running, validation) : state.best;
  await writeHistory(run.folder, [...state.history, row]);
  // Only now: where something could not be written, the validation is made again.
  state.best = best;
  state.history.push(row);
  state.validationsWithoutGain = validationsWithoutGain(state.validationsWithoutGain, improved);
  Object.assign(state, { epoch: epoch + 1, updates: 0, sums: {} });
  run.progress.line(epochLine(epoch, epochsOfRun(run.phases, state), row, improved));
}
