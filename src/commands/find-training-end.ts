import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Params } from '../params/schema.ts';
import type { TrainingEnd } from '../reproduce/finished-run.ts';
import { readCheckpoint } from '../train/checkpoint/checkpoint-file.ts';
import { checkpointsFolder, listCheckpoints } from '../train/checkpoint/checkpoint-folder.ts';
import { fingerprintOf, runName } from '../train/checkpoint/run-fingerprint.ts';

/**
 * How a training has ended, as its last checkpoint tells, which is written after all of its results: for whom has not heard
 * what it printed.
 * @param dataHash of the prepared data
 * @param sinceMs one that had ended before then does not count, by the clock of the files
 * @returns null where none of the same params, data and code is at its end, or its checkpoint is no longer whole
 */
export async function findTrainingEnd(
  params: Params,
  dataHash: string,
  sinceMs: number,
): Promise<TrainingEnd | null> {
  const run = runName(await fingerprintOf(params, dataHash));
  const [newest] = await listCheckpoints(join(checkpointsFolder(params), run));
  if (!newest || (await stat(newest.path)).mtimeMs < sinceMs) return null;
  const checkpoint = await readCheckpoint(newest.path).catch(() => null);
  if (!checkpoint?.state.finished) return null;
  const { history, steps, seconds, best } = checkpoint.state;
  return { epochs: history.length, steps, seconds, best, weights_sha256: checkpoint.tensorsSha256 };
}
