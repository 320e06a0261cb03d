import { computedParams, stateBackAt, type TrainingRun } from '../open-run.ts';
import { halveBatch } from './halve-batch.ts';
import { outOfMemoryError } from './out-of-memory.ts';

/**
 * After memory has run out: prepares the run to go on from its newest checkpoint with half the batch and twice as many
 * batches in an update, where `train.memory.when_out` says so.
 * @throws UserError with advice where it does not, or no smaller batch is possible
 */
export async function goOnWithLess(run: TrainingRun, error: unknown): Promise<void> {
  const params = computedParams(run);
  const smaller = params.train.memory.when_out === 'halve' ? halveBatch(params) : null;
  if (!smaller) throw outOfMemoryError(error, params);
  const newest = run.store.newest();
  if (newest?.state.phase === run.state.phase) {
    const checkpoint = await run.store.readNewest();
    run.state = stateBackAt(checkpoint, run.state);
    run.tensors = checkpoint.tensors;
  } else if (run.state.steps > run.state.stepsBeforePhase) {
    // No checkpoint of this phase could be written, and its weights went with the engine.
    throw outOfMemoryError(error, params);
  }
  const { batch_size: batchSize, accumulation_steps: together } = smaller.train;
  run.state.batchSize = batchSize;
  run.progress.line(
    `Out of memory: going on from step ${run.state.steps} with batches of ${batchSize}, ${together} of them in an update, ` +
      'which stays as large as it was',
  );
}
