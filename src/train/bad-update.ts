/**
 * An update of which a figure is not a finite number: what it was, and what follows from it. Where that is the loss or the
 * gradient, it was not made; but one that was made may itself have carried the weights out of all bounds.
 */
import { join } from 'node:path';
import { UserError } from '../system/errors.ts';
import { checkpointPath } from './checkpoint/checkpoint-folder.ts';
import type { RunState } from './checkpoint/run-state.ts';
import type { TrainingRun } from './training-run.ts';
import type { BadStep } from './trouble/bad-step.ts';
import type { BadTerm } from './trouble/bad-terms.ts';
import { dumpStep } from './trouble/dump-step.ts';

/** What stays of it when the batch is gone. */
export interface BadUpdate {
  step: number;
  /** The first of those that are not finite. */
  term: BadTerm;
  /** The images' names, and where the batch lies for a look. */
  evidence: string;
  /** Whether it was made all the same, and has spoilt the weights. */
  applied: boolean;
}

/** Writes the batch to `runs/train/trouble`, for people. */
export async function examineBadBatch(
  bad: BadStep,
  { folder, params, progress }: TrainingRun,
): Promise<BadUpdate> {
  const images = bad.batch.sources.map(({ name }) => name).join(', ');
  // That it cannot be written must not hide what went wrong.
  const dump = await dumpStep(join(folder, 'trouble'), bad, params).catch((error: Error) => {
    progress.line(error.message);
    return null;
  });
  const where = dump === null ? '' : `; the batch is in ${dump}`;
  return {
    step: bad.step,
    term: bad.terms[0]!,
    evidence: `images ${images}${where}`,
    applied: bad.figures.applied,
  };
}

/**
 * Counts it, and says what is done.
 * @throws UserError where it ends the run: as `train.non_finite.action` says, after too many, or where skipping does not help
 */
export function remedyFor(
  bad: BadUpdate,
  trouble: RunState['trouble'],
  run: Pick<TrainingRun, 'params' | 'progress' | 'state' | 'store'>,
): 'skip' | 'roll_back' {
  const { step, term, evidence, applied } = bad;
  const { action, most } = run.params.train.non_finite;
  const what = `${term.name} is ${term.value}, expected a finite number`;
  // Beyond it, too: a resumed run may have been given fewer.
  const isTooMany = trouble.count >= most;
  if (action === 'stop' || (action === 'skip' && applied) || isTooMany) {
    const tooMany = isTooMany ? `, after ${most} that were mended (train.non_finite.most)` : '';
    throw new UserError(
      `Training stopped at step ${step}: ${what}${tooMany}; try a lower train.learning_rate or look at the ${evidence}` +
        (tooMany === '' ? adviceFor(bad, run) : ''),
    );
  }
  trouble.count++;
  const done = action === 'skip' ? 'this update is not made' : 'going back to the last checkpoint';
  run.progress.line(
    `Step ${step}: ${what}; ${done} (${trouble.count} of at most ${most} times); ${evidence}`,
  );
  return action as 'skip' | 'roll_back';
}

/** How the run can be gone on with all the same. */
function adviceFor({ applied }: BadUpdate, { state, store }: Pick<TrainingRun, 'state' | 'store'>): string {
  const newest = store.newest();
  // What a run leaves that ends with an error: its state before this update, unless the weights are no longer those.
  const kept = applied ? newest?.path : checkpointPath(store.folder, state.steps);
  const action = applied ? 'roll_back' : 'skip';
  return kept === undefined
    ? ''
    : `; to go on without this batch: aerial train --resume ${kept} --set train.non_finite.action=${action}`;
}
