import { join } from 'node:path';
import { withFileLock } from '../system/file-lock.ts';
import { assertWritable, explainDiskError } from '../system/files.ts';
import type { StageContext } from './stage.ts';

/**
 * Does `work` while no other process does so in this folder: two would write over each other's results, and take each other's
 * checkpoints for their own. Waits for the other one, and says so.
 * @throws what `work` throws; UserError where the folder cannot be written; the signal's reason when it is aborted while waiting
 */
export async function aloneInFolder<T>(
  folder: string,
  { log, signal }: StageContext,
  work: () => Promise<T>,
): Promise<T> {
  await assertWritable(folder);
  const path = join(folder, 'training');
  let begun = false;
  const begin = () => {
    begun = true;
    return work();
  };
  const onWait = (pid: number | null) =>
    log.info(`Waiting for another process${pid === null ? '' : ` (${pid})`} that trains in ${folder}`);
  return withFileLock(path, begin, { onWait, signal, waitForSilent: true }).catch((error: unknown) => {
    throw begun ? error : explainDiskError(error, `${path}.lock`);
  });
}
