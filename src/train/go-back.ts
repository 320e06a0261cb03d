import { UserError } from '../system/errors.ts';
import type { BadUpdate } from './bad-update.ts';
import { type RunningPhase, saveCheckpoint } from './running-phase.ts';

/**
 * Puts weights, optimizer and place of the newest checkpoint back; from there on the learning rate is lower, and the bad
 * update is left out.
 * @throws UserError where that checkpoint cannot be read, or is of another phase
 */
export async function goBack(running: RunningPhase, { step }: Pick<BadUpdate, 'step'>): Promise<void> {
  const { run, engine } = running;
  const { params, state, store } = run;
  const { path, tensors, state: before } = await store.readNewest();
  if (before.phase !== state.phase) {
    throw new UserError(
      `Cannot go back to ${path}: it is of an earlier phase; use train.non_finite.action=skip`,
    );
  }
  engine.writeState(tensors);
  running.sound = true;
  const { count, rateFactor, excluded } = state.trouble;
  const trouble = {
    ...before.trouble,
    count,
    rateFactor: rateFactor * params.train.non_finite.rate_factor,
    excluded: [...excluded, step],
  };
  run.state = { ...before, trouble, overflowSaid: state.overflowSaid };
  run.progress.line(
    `Back at step ${before.steps}, from here on at ${trouble.rateFactor} times the learning rate`,
  );
  await saveCheckpoint(running);
}
