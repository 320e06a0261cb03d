/**
 * An update of which a figure is not a finite number: what it was, and what follows from it. Where that is the loss or the
 * gradient, it was not made; but one that was made may itself have carried the weights out of all bounds.
 */
import { join } from 'node:path';
import type { Params } from '../../params/schema.ts';
import { UserError } from '../../system/errors.ts';
import type { CheckpointNote } from '../checkpoint/checkpoint-file.ts';
import type { RunState } from '../checkpoint/run-state.ts';
import type { TrainingRun } from '../open-run.ts';
import type { BadStep } from './bad-step.ts';
import type { BadTerm } from './bad-terms.ts';
import { dumpStep } from './dump-step.ts';

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
 * What is done about it: as `train.non_finite.action` says, but stop after too many, or where skipping does not help. Counts
 * those that are mended, and says so.
 */
export function remedyFor(
  bad: BadUpdate,
  { params, progress, state: { trouble } }: Pick<TrainingRun, 'params' | 'progress' | 'state'>,
): 'stop' | 'skip' | 'roll_back' {
  const { action, most } = params.train.non_finite;
  if (action === 'stop' || (action === 'skip' && bad.applied) || isTooMany(trouble, params)) return 'stop';
  trouble.count++;
  const done = action === 'skip' ? 'this update is not made' : 'going back to the last checkpoint';
  progress.line(
    `Step ${bad.step}: ${describe(bad)}; ${done} (${trouble.count} of at most ${most} times); ${bad.evidence}`,
  );
  return action;
}

/** What ends the run. @param run whose newest checkpoint is all that is kept of it */
export function badUpdateError(
  bad: BadUpdate,
  { params, state, store }: Pick<TrainingRun, 'params' | 'state' | 'store'>,
): UserError {
  const tooMany = isTooMany(state.trouble, params);
  const mended = tooMany
    ? `, after ${params.train.non_finite.most} that were mended (train.non_finite.most)`
    : '';
  const advice = tooMany ? '' : adviceFor(bad, store.newest());
  return new UserError(
    `Training stopped at step ${bad.step}: ${describe(bad)}${mended}; try a lower train.learning_rate or look at the ` +
      `${bad.evidence}${advice}`,
  );
}

function describe({ term }: BadUpdate): string {
  return `${term.name} is ${term.value}, expected a finite number`;
}

/** Beyond the limit, too: a resumed run may have been given a lower one. */
function isTooMany({ count }: RunState['trouble'], { train }: Pick<Params, 'train'>): boolean {
  return count >= train.non_finite.most;
}

/** How the run can be gone on with all the same. */
function adviceFor({ applied }: BadUpdate, newest: CheckpointNote | null): string {
  if (!newest) return '';
  const action = applied ? 'roll_back' : 'skip';
  return (
    '; to go on without this batch: aerial train, with the same --params and --set, and ' +
    `--resume ${newest.path} --set train.non_finite.action=${action}`
  );
}
