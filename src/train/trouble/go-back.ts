import { UserError } from '../../system/errors.ts';
import { restoreTensors } from '../checkpoint/restore-tensors.ts';
import { stateBackAt } from '../open-run.ts';
import { type RunningPhase, saveCheckpoint } from '../save-checkpoint.ts';
import type { BadUpdate } from './bad-update.ts';

/**
 * Puts weights, optimizer and place of the newest checkpoint back; from there on the learning rate is lower, and the bad
 * update is left out.
 * @throws UserError where that checkpoint cannot be read, or is of another phase
 */
export async function goBack(
  running: RunningPhase,
  { step, applied }: Pick<BadUpdate, 'step' | 'applied'>,
): Promise<void> {
  const { run, engine } = running;
  const checkpoint = await run.store.readNewest();
  const { path, tensors } = checkpoint;
  const state = stateBackAt(checkpoint, run.state);
  if (state.phase !== run.state.phase) {
    const advice = applied ? 'lower the learning rate of this phase' : 'use train.non_finite.action=skip';
    throw new UserError(`Cannot go back to ${path}: it is of an earlier phase; ${advice}`);
  }
  restoreTensors(engine, tensors, path);
  running.sound = true;
  const { rateFactor, excluded } = state.trouble;
  const trouble = {
    ...state.trouble,
    rateFactor: rateFactor * run.params.train.non_finite.rate_factor,
    excluded: [...excluded, step],
    overflows: checkpoint.state.trouble.overflows,
  };
  run.state = { ...state, trouble };
  run.progress.line(
    `Back at step ${state.steps}, from here on at ${trouble.rateFactor} times the learning rate`,
  );
  await saveCheckpoint(running);
}
