/**
 * Which checkpoint a run goes on from: what `--resume` means.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Params } from '../../params/schema.ts';
import { UsageError, UserError } from '../../system/errors.ts';
import type { Log } from '../../system/log.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint-file.ts';
import { bestModelPath, checkpointsFolder, listCheckpoints } from './checkpoint-folder.ts';
import { offerOthers, refusalOf, refusalOfPhase } from './other-runs.ts';
import { isReported } from './reported.ts';
import { differenceOf, fingerprintOf, type RunFingerprint, runName } from './run-fingerprint.ts';

/** Where to look, and for what. */
export interface ResumeWish {
  params: Params;
  /** Hash of the prepared data set. */
  dataHash: string;
  /**
   * auto = the newest sound one of the same params, data and code that is not finished, or has not said so, or whose results are
   * gone: DVC removes them before a stage; never = none; else a file.
   */
  resume: string;
  log: Log;
}

/**
 * @returns null where training begins anew
 * @throws UsageError where a file was named that cannot be gone on with
 */
export async function findCheckpoint({
  params,
  dataHash,
  resume,
  log,
}: ResumeWish): Promise<Checkpoint | null> {
  if (resume === 'never') return null;
  const fingerprint = await fingerprintOf(params, dataHash);
  if (resume !== 'auto') return openNamed(resume, fingerprint, { params, log });
  const root = checkpointsFolder(params);
  const folder = join(root, runName(fingerprint));
  const newest = await newestSound(folder, log);
  if (newest && !newest.state.finished) return newest;
  const why = newest && whyAgain(newest, folder, params);
  if (why) {
    log.info(`The run of these params, data and code is finished: ${why}; --resume never trains anew`);
    return newest;
  }
  await offerOthers(root, fingerprint, log);
  return null;
}

/** @returns why a finished run is gone on with, which does no more than leave its results; null where a new one is wanted */
function whyAgain({ state }: Checkpoint, folder: string, params: Params): string | null {
  if (state.best && !existsSync(bestModelPath(params))) return 'its results are put back';
  return isReported(folder) ? null : 'it was stopped before it could say so';
}

/** Warns of those that cannot be used. */
async function newestSound(folder: string, log: Log): Promise<Checkpoint | null> {
  for (const { path } of await listCheckpoints(folder)) {
    try {
      return await readCheckpoint(path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      log.warn(`${error.message} (the one before it is used, if there is one)`);
    }
  }
  return null;
}

async function openNamed(
  path: string,
  fingerprint: RunFingerprint,
  { params, log }: Pick<ResumeWish, 'params' | 'log'>,
): Promise<Checkpoint> {
  const checkpoint = await readCheckpoint(path).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UsageError(`--resume: ${error.message}`, { cause: error });
  });
  const difference = differenceOf(checkpoint.fingerprint, fingerprint);
  const refusal = refusalOf(checkpoint, difference, fingerprint) ?? refusalOfPhase(checkpoint, params);
  if (refusal !== null) throw new UsageError(refusal);
  if (checkpoint.state.phase === 'fine_tune' && difference.keys.includes('train.transfer.freeze.epochs')) {
    log.warn(`train.transfer.freeze.epochs has no effect any more: ${path} stands in the phase after it`);
  }
  if (difference.code) {
    log.warn(`${path} was written by another version of the program: the run may not go on as it would have`);
  }
  return checkpoint;
}
