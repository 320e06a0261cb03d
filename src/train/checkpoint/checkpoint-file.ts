/**
 * A checkpoint as one safetensors file: the weights and the update's memory as tensors; in the metadata where the run
 * stands, what it is the run of, and hashes by which a file is known that was torn, changed or made by something else.
 */
import { createHash, hash } from 'node:crypto';
import {
  bytesOf,
  type HostTensor,
  openSafetensors,
  readSafetensors,
  writeSafetensors,
} from '../../model/safetensors.ts';
import { UserError } from '../../system/errors.ts';
import type { RunFingerprint } from './run-fingerprint.ts';
import type { RunState } from './run-state.ts';

/** All that a run needs to go on. */
export interface Checkpoint extends CheckpointNote {
  /** By name; see `isEmptyBetweenUpdates` for what is left out. */
  tensors: ReadonlyMap<string, HostTensor>;
}

/** What a checkpoint says of itself, without its tensors. */
export interface CheckpointNote {
  path: string;
  state: RunState;
  fingerprint: RunFingerprint;
  /** Of the tensors: names, shapes and numbers. */
  tensorsSha256: string;
}

/** Grows with each change of what is written. */
const FORMAT = 'aerial checkpoint 2';

/** What an update remembers from batch to batch of its group: checkpoints are made between updates. */
const EMPTY_BETWEEN_UPDATES = /\/gradient$|^accumulation\//;

/** Whether a variable has nothing to say between two updates, and is not kept. */
export function isEmptyBetweenUpdates(name: string): boolean {
  return EMPTY_BETWEEN_UPDATES.test(name);
}

/**
 * Writes it aside, then renames it: a file of that name is whole.
 * @param tensors all of the engine's
 * @throws UserError where the disk does not take it
 */
export async function writeCheckpoint({
  path,
  state,
  fingerprint,
  ...all
}: Omit<Checkpoint, 'tensorsSha256'>): Promise<CheckpointNote> {
  const tensors = new Map([...all.tensors].filter(([name]) => !isEmptyBetweenUpdates(name)));
  const tensorsSha256 = hashTensors(tensors);
  const content = {
    format: FORMAT,
    fingerprint: JSON.stringify(fingerprint),
    state: JSON.stringify(state),
    tensors_sha256: tensorsSha256,
  };
  await writeSafetensors(path, { tensors, metadata: { ...content, sha256: hashContent(content) } });
  return { path, state, fingerprint, tensorsSha256 };
}

/** @throws UserError where it cannot be read, is torn or changed, is of another version, or is no checkpoint at all */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(path);
  const note = noteOf(path, metadata);
  if (hashTensors(tensors) !== note.tensorsSha256) throw notAsWritten(path);
  return { ...note, tensors };
}

/** Reads no tensors: whether they are whole is not known after it, only whether the file has its length. Throws as `readCheckpoint`. */
export async function readCheckpointNote(path: string): Promise<CheckpointNote> {
  const file = await openSafetensors(path);
  await file.close();
  return noteOf(path, file.metadata);
}

function noteOf(path: string, metadata: Record<string, string>): CheckpointNote {
  const { format = '', fingerprint = '', state = '', tensors_sha256: tensorsSha256 = '', sha256 } = metadata;
  if (!format.startsWith('aerial checkpoint ')) {
    throw new UserError(`${path} is not a checkpoint of aerial; name one that aerial train has written`);
  }
  if (format !== FORMAT) {
    throw new UserError(
      `${path} was written by another version of aerial ("${format}", expected "${FORMAT}"); go on with that version`,
    );
  }
  if (sha256 !== hashContent({ format, fingerprint, state, tensors_sha256: tensorsSha256 }))
    throw notAsWritten(path);
  return { path, tensorsSha256, state: JSON.parse(state), fingerprint: JSON.parse(fingerprint) };
}

function notAsWritten(path: string): UserError {
  return new UserError(`${path} is not as it was written (its sha256 differs); use an earlier checkpoint`);
}

function hashContent(content: Record<string, string>): string {
  return hash('sha256', JSON.stringify(Object.entries(content)));
}

/** As JavaScript sorts, whatever the language of the machine. */
function byCode(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** @returns sha256 of names, shapes and numbers, in the order of the names */
function hashTensors(tensors: ReadonlyMap<string, HostTensor>): string {
  const digest = createHash('sha256');
  for (const name of [...tensors.keys()].toSorted(byCode)) {
    const tensor = tensors.get(name)!;
    digest.update(`${name}\0${tensor.shape.join()}\0`).update(bytesOf(tensor));
  }
  return digest.digest('hex');
}
