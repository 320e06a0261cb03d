import type { HostTensor } from '../../model/safetensors.ts';
import { UserError } from '../../system/errors.ts';
import type { EngineState } from '../engine/engine-state.ts';
import { isEmptyBetweenUpdates } from './checkpoint-file.ts';

/**
 * Gives the engine the weights and the update's memory of a checkpoint: all of them, for one that kept what it began with
 * would go on as another run.
 * @param from where they come from, as messages name it
 * @throws UserError where it lacks one, has one too many or of another shape, as that of another version may; then nothing is changed
 */
export function restoreTensors(
  engine: Pick<EngineState, 'variableNames' | 'writeState'>,
  tensors: ReadonlyMap<string, HostTensor>,
  from: string,
): void {
  const missing = engine.variableNames.find((name) => !tensors.has(name) && !isEmptyBetweenUpdates(name));
  if (missing !== undefined) throw doesNotFit(from, `it lacks ${missing}`);
  try {
    engine.writeState(tensors);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw doesNotFit(from, error.message, error);
  }
}

function doesNotFit(from: string, why: string, cause?: Error): UserError {
  return new UserError(
    `${from} does not fit the model (${why}); go on with the version of aerial that wrote it, or begin anew with --resume never`,
    { cause },
  );
}
