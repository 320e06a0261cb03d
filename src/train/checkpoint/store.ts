/**
 * The checkpoints of one run on disk: the newest few, and the best model beside them.
 */
import { dirname, resolve } from 'node:path';
import type { HostTensor } from '../../model/safetensors.ts';
import { UserError } from '../../system/errors.ts';
import { isDiskFull, sha256File } from '../../system/files.ts';
import type { Log } from '../../system/log.ts';
import { type Checkpoint, type CheckpointNote, readCheckpoint, writeCheckpoint } from './checkpoint-file.ts';
import { bestPath, checkpointPath, listCheckpoints, prune, removeFinished } from './checkpoint-folder.ts';
import type { RunFingerprint } from './run-fingerprint.ts';
import type { RunState } from './run-state.ts';

/** Keeps a run's checkpoints. */
export interface CheckpointStore {
  readonly folder: string;
  /** That which was written last, or was gone on from; null = none. */
  newest(): CheckpointNote | null;
  /**
   * Writes a checkpoint, unless the newest one says the same, and removes those that are too many. Where the disk does not
   * take it, training had better go on than lose what it has: that is said, and only the third time in a row an error.
   * @param readTensors called where they are needed
   * @throws UserError where no checkpoint is there yet, the third in a row cannot be written, or the one that ends the run
   */
  save(state: RunState, readTensors: () => Promise<ReadonlyMap<string, HostTensor>>): Promise<void>;
  /** @throws UserError where there is none, or it is no longer whole */
  readNewest(): Promise<Checkpoint>;
  /**
   * Keeps the weights of the model that is the best now.
   * @param write makes the file
   * @returns its sha256
   * @throws UserError where the disk does not take it
   */
  saveBest(state: RunState, write: (path: string) => Promise<void>): Promise<string>;
}

/** In a row. Between two of them lies an interval of training, after which there may be room again. */
const MOST_FAILURES = 3;

interface StoreOptions {
  /** Where the run's own checkpoints go; those of other runs are its neighbours. */
  folder: string;
  fingerprint: RunFingerprint;
  /** Checkpoints that stay. */
  keep: number;
  /** What the run goes on from; null = anew. */
  resume: CheckpointNote | null;
  log: Log;
  /** Called before anything is written; fails where another process writes there. */
  assertAlone?: () => Promise<void>;
}

/** Of a run whose folder `prepareFolder` has prepared. Writes nothing before the first `save`. */
export function createStore({
  folder,
  fingerprint,
  keep,
  resume,
  log,
  assertAlone = async () => {},
}: StoreOptions): CheckpointStore {
  let newest = resume && snapshot(resume);
  let failures = 0;
  let cluttered = true;
  // One that is gone on from may lie in the folder of another run.
  const isHere = ({ path }: CheckpointNote) => resolve(dirname(path)) === resolve(folder);
  const tidy = async (most: number, { steps, best }: RunState) =>
    prune(folder, { keep: most, upTo: newest?.state.steps ?? steps, bestStep: best?.step ?? null });
  const withRoom = async <T>(state: RunState, write: () => Promise<T>): Promise<T> => {
    try {
      return await write();
    } catch (error) {
      if (!isDiskFull(error) || (await listCheckpoints(folder)).length < 2) throw error;
      // What is in the way of tidying up is not what the user must know first.
      const made = await tidy(1, state).then(
        () => true,
        () => false,
      );
      if (!made) throw error;
      return write();
    }
  };
  return {
    folder,
    newest: () => newest,
    save: async (state, readTensors) => {
      if (newest && isHere(newest) && isSame(newest.state, state)) return;
      await assertAlone();
      const path = checkpointPath(folder, state.steps);
      const checkpoint = { path, state, fingerprint, tensors: await readTensors() };
      try {
        newest = snapshot(await withRoom(state, () => writeCheckpoint(checkpoint)));
        failures = 0;
      } catch (error) {
        failures++;
        const mayGoOn = newest !== null && !state.finished && failures < MOST_FAILURES;
        if (!(error instanceof UserError) || !mayGoOn) throw error;
        log.warn(`${error.message}; the newest checkpoint is still that of step ${newest!.state.steps}`);
        return;
      }
      await tidy(keep, state)
        // Not before this run has a model of its own to show for them.
        .then(() => (cluttered && state.best ? removeFinished(folder) : undefined))
        .catch((error: Error) => log.warn(`Old checkpoints stay in ${folder}: ${error.message}`));
      cluttered &&= state.best === null;
    },
    readNewest: async () => {
      if (newest === null) throw new UserError(`There is no checkpoint in ${folder} to go back to`);
      return readCheckpoint(newest.path);
    },
    saveBest: async (state, write) => {
      await assertAlone();
      const path = bestPath(folder, state.steps);
      await withRoom(state, () => write(path));
      return sha256File(path);
    },
  };
}

/** The run's state goes on changing. */
function snapshot({ path, state, fingerprint, tensorsSha256 }: CheckpointNote): CheckpointNote {
  return { path, fingerprint, tensorsSha256, state: structuredClone(state) };
}

/** Whether both stand at the same place: the time that has passed does not tell them apart. */
function isSame(a: RunState, b: RunState): boolean {
  return JSON.stringify({ ...a, seconds: 0 }) === JSON.stringify({ ...b, seconds: 0 });
}
