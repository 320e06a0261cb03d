import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../system/errors.ts';
import { type IsHeld, type LockPace, withFileLock } from '../system/file-lock.ts';
import { assertWritable, explainDiskError } from '../system/files.ts';
import type { StageContext } from './stage.ts';

/** What the lock is of. */
const LOCKED = 'training';

/** Fails where the folder is not this process's alone any more. */
export type AssertAlone = () => Promise<void>;

/** Two minutes of silence: recording the graphs of a large model lets no sign of life through for half a minute. */
const PACE: LockPace = { pollMs: 250, beatMs: 5000, silentPolls: 480 };

/**
 * Does `work` while no other process does so in this folder: two would write over each other's results, and take each other's
 * checkpoints for their own. Waits for the other one, and says so.
 * @throws what `work` throws; UserError where the folder cannot be written; the signal's reason when it is aborted while waiting
 */
export async function aloneInFolder<T>(
  folder: string,
  { log, signal }: StageContext,
  work: (assertAlone: AssertAlone) => Promise<T>,
): Promise<T> {
  await assertWritable(folder);
  let begun = false;
  const begin = (isHeld: IsHeld) => {
    begun = true;
    return work(async () => {
      if (!(await isHeld())) throw notAloneError(folder);
    });
  };
  const onWait = (pid: number | null) => log.info(waitLine(folder, pid));
  const options = { onWait, signal, waitForSilent: true, pace: PACE };
  return withFileLock(join(folder, LOCKED), begin, options).catch((error: unknown) => {
    throw begun ? error : explainDiskError(error, lockOf(folder));
  });
}

/** @param pid null = in another container or on another machine, where it cannot be looked at */
function waitLine(folder: string, pid: number | null): string {
  if (pid !== null) return `Waiting for another process (${pid}) that trains in ${folder}`;
  const minutes = (PACE.silentPolls * PACE.pollMs) / 60_000;
  return (
    `Waiting for another process that trains in ${folder}, in another container or on another machine; where it was ` +
    `killed, training begins after ${minutes} minutes without a sign of it, or when ${lockOf(folder)} is removed`
  );
}

/** Where the lock is gone, another process may have begun, and ended, since: going on would mix its results with ours. */
function notAloneError(folder: string): UserError {
  const lock = lockOf(folder);
  return new UserError(
    existsSync(lock)
      ? `Another process trains in ${folder} by now, for this one stood still for long or lost its lock: nothing is written any more; ` +
          'let that one end, or train with another paths.runs'
      : `${lock} is gone, removed by hand or by another process that trained meanwhile: nothing is written any more; ` +
          'where none has, aerial train goes on from the last checkpoint',
  );
}

function lockOf(folder: string): string {
  return `${join(folder, LOCKED)}.lock`;
}
