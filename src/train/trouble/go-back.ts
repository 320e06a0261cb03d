import { UserError } from '../../system/errors.ts';
import { restoreTensors } from '../checkpoint/restore-tensors.ts';
import { type RunningPhase, saveCheckpoint } from '../running-phase.ts';
import type { BadUpdate } from './bad-update.ts';

/**
 * Puts weights, optimizer and place of the newest checkpoint back; from there on the learning rate is lower, and the bad
 * update is left out.
 * @throws UserError where that checkpoint cannot be read, or is of another phase
 */
export async function goBack(running: RunningPhase, { step }: Pick<BadUpdate, 'step'>): Promise<void> {
  const { run, engine } = running;
  const { params, store } = run;
  // As it is now, not as it is put back below.
  const { phase, trouble: until, overflowSaid } = run.state;
  const { path, tensors, state: before } = await store.readNewest();
  if (before.phase !== phase) {
    throw new UserError(
      `Cannot go back to ${path}: it is of an earlier phase; use train.non_finite.action=skip`,
    );
  }
  restoreTensors(engine, tensors, path);
  running.sound = true;
  const trouble = {
    ...before.trouble,
    count: until.count,
    rateFactor: until.rateFactor * params.train.non_finite.rate_factor,
    excluded: [...until.excluded, step],
  };
  run.state = { ...before, trouble, overflowSaid };
  run.progress.line(
    `Back at step ${before.steps}, from here on at ${trouble.rateFactor} times the learning rate`,
  );
  await saveCheckpoint(running);
}
