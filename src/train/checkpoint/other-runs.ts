/**
 * What is said of checkpoints that are of other params, data or code than the run that is asked for.
 */
import { stat } from 'node:fs/promises';
import { mayChangeOnTheWay } from '../../params/fingerprint.ts';
import type { Params } from '../../params/schema.ts';
import type { Log } from '../../system/log.ts';
import { labelOf, phasesOf } from '../phases/phases.ts';
import { type CheckpointNote, readCheckpointNote } from './checkpoint-file.ts';
import { listCheckpoints, listRuns } from './checkpoint-folder.ts';
import { differenceOf, type RunDifference, type RunFingerprint } from './run-fingerprint.ts';

/** Keys that are named; of the others only the number. */
const MOST_KEYS = 3;

/** One line where there are unfinished runs that were not gone on with: how the newest differs, and how to use it. */
export async function offerOthers(root: string, wanted: RunFingerprint, log: Log): Promise<void> {
  const others = (await newestNotes(root)).filter(({ state }) => !state.finished && state.steps > 0);
  const [other] = others;
  if (!other) return;
  const difference = differenceOf(other.fingerprint, wanted);
  const more = others.length > 1 ? ` (and ${others.length - 1} more)` : '';
  log.info(
    `An unfinished run stands at step ${other.state.steps}${more}, ${describe(difference, other.fingerprint)}: ` +
      `${adviceFor(difference, other.path)}`,
  );
}

/**
 * @param checkpoint that was named
 * @param wanted what is to be run
 * @returns why it cannot be gone on with, in one line; null where it can
 */
export function refusalOf(
  { path, fingerprint }: CheckpointNote,
  { keys, data }: RunDifference,
  wanted: RunFingerprint,
): string | null {
  if (data) {
    return `--resume: ${path} is of a run on other prepared data; prepare that data again, or begin anew with --resume never`;
  }
  const fixed = keys.filter((key) => !mayChangeOnTheWay(key));
  if (fixed.length === 0) return null;
  const changes = listed(fixed, (key) => `${key} ${textOf(fingerprint, key)}, now ${textOf(wanted, key)}`);
  return `--resume: ${path} is of a run with other params (${changes}); give it those that it had, or begin anew with --resume never`;
}

/** @returns why the params cannot go on with where it stands, in one line; null where they can */
export function refusalOfPhase(
  { path, state }: CheckpointNote,
  params: Pick<Params, 'train'>,
): string | null {
  if (phasesOf(params).some(({ name }) => name === state.phase)) return null;
  return (
    `--resume: ${path} stands in phase ${labelOf(state.phase)}, which train.transfer.${state.phase}.epochs=0 leaves out; ` +
    'set it to 1 or more, or begin anew with --resume never'
  );
}

function describe({ keys, data, code }: RunDifference, fingerprint: RunFingerprint): string {
  const parts = [
    ...(keys.length > 0
      ? [`of other params (${listed(keys, (key) => `${key}=${textOf(fingerprint, key)}`)})`]
      : []),
    ...(data ? ['of other prepared data'] : []),
    ...(code ? ['of another version of the program'] : []),
  ];
  return parts.length > 0 ? parts.join(' and ') : 'set aside';
}

function adviceFor({ keys, data }: RunDifference, path: string): string {
  if (data) return 'it is kept, for that data';
  return keys.every(mayChangeOnTheWay)
    ? `--resume ${path} goes on with it`
    : `with the params that it had, --resume ${path} goes on with it`;
}

/** The newest checkpoint of each run that can be read, the newest run first. */
async function newestNotes(root: string): Promise<CheckpointNote[]> {
  const notes: { note: CheckpointNote; writtenMs: number }[] = [];
  for (const folder of await listRuns(root)) {
    const [newest] = await listCheckpoints(folder);
    const note = newest && (await readCheckpointNote(newest.path).catch(() => null));
    if (note) notes.push({ note, writtenMs: (await stat(note.path)).mtimeMs });
  }
  return notes.sort((a, b) => b.writtenMs - a.writtenMs).map(({ note }) => note);
}

function listed(keys: readonly string[], describeKey: (key: string) => string): string {
  const named = keys.slice(0, MOST_KEYS).map(describeKey).join(', ');
  return keys.length > MOST_KEYS ? `${named} and ${keys.length - MOST_KEYS} more` : named;
}

function textOf({ params }: RunFingerprint, key: string): string {
  return key in params ? JSON.stringify(params[key]) : 'unknown';
}
