/** What a training leaves on the disk, read from outside. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { sha256File } from '../../src/system/files.ts';
import type { Summary } from './training.ts';

/** A row of metrics.jsonl or history.json. */
type Row = Record<string, unknown>;

/** sha256 of each thing that must be the same however often a training was stopped. */
export interface Outcome {
  weights: string;
  best: string;
  checkpoint: string;
  history: string;
  rows: string;
  metrics: string;
  params: string;
}

/** How far a training has come. */
export interface Reached {
  /** Of the newest row of metrics.jsonl, 0 where there is none. */
  row: number;
  /** Of the newest checkpoint; null where there is none. */
  checkpoint: number | null;
  /** Whether the newest row is a validation's. */
  isValidated: boolean;
  /** Files that were being written. */
  halfWritten: string[];
}

/** What tells of the machine and the hour, or is drawn for each run. */
const OF_THE_HOUR = /^run$|^(time|system)\/|images_per_second|(^|[/_])seconds|^timestamp$/;
const CHECKPOINT = /^step-(\d+)\.safetensors$/;

/** Reads what a training that has ended has left. */
export async function readOutcome(place: string, summary: Summary): Promise<Outcome> {
  const folder = join(place, 'runs/train');
  const newest = (await checkpointsIn(place)).at(-1);
  return {
    weights: summary.weights_sha256,
    best: await sha256File(join(folder, 'best.safetensors')),
    checkpoint: newest === undefined ? 'none' : await hashTensors(newest.path),
    history: hashRows(JSON.parse(await readFile(join(folder, 'history.json'), 'utf8')) as Row[]),
    rows: hashRows(await readRows(place)),
    metrics: await sha256File(join(folder, 'metrics.json')),
    params: await sha256File(join(folder, 'params.yaml')),
  };
}

/** @returns names of the things that differ */
export function differences(outcome: Outcome, reference: Outcome): string[] {
  return (Object.keys(reference) as (keyof Outcome)[]).filter((name) => outcome[name] !== reference[name]);
}

/** Looks at what a training has left that was ended under way. */
export async function readReached(place: string): Promise<Reached> {
  const rows = await readRows(place);
  const last = rows.at(-1);
  return {
    row: Number(last?.step ?? 0),
    checkpoint: (await checkpointsIn(place)).at(-1)?.step ?? null,
    isValidated: last !== undefined && Object.keys(last).some((key) => key.startsWith('valid/')),
    halfWritten: await halfWritten(place),
  };
}

/** @returns paths of files that were written aside and never renamed */
export async function halfWritten(place: string): Promise<string[]> {
  return (await readdir(join(place, 'runs'), { recursive: true }))
    .filter((path) => path.endsWith('.part'))
    .sort();
}

/** Checkpoints of a place, those of the last updates last. */
export async function checkpointsIn(place: string): Promise<{ path: string; step: number }[]> {
  const folder = join(place, 'runs/train/checkpoints');
  if (!existsSync(folder)) return [];
  return (await readdir(folder, { recursive: true }))
    .filter((path) => CHECKPOINT.test(basename(path)))
    .map((path) => ({ path: join(folder, path), step: Number(CHECKPOINT.exec(basename(path))![1]) }))
    .sort((a, b) => a.step - b.step);
}

/** Rows of metrics.jsonl; one that was cut off in the middle is left out. */
export async function readRows(place: string): Promise<Row[]> {
  const text = await readFile(join(place, 'runs/train/metrics.jsonl'), 'utf8').catch(() => '');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

function hashRows(rows: readonly Row[]): string {
  const lasting = rows.map((row) => Object.entries(row).filter(([key]) => !OF_THE_HOUR.test(key)));
  return createHash('sha256').update(JSON.stringify(lasting)).digest('hex');
}

/** Weights, optimizer, averages: all but what the file says about the hour. */
async function hashTensors(path: string): Promise<string> {
  const { tensors } = await readSafetensors(path);
  const digest = createHash('sha256');
  for (const [name, { shape, values }] of tensors) {
    digest.update(JSON.stringify([name, shape]));
    digest.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return digest.digest('hex');
}
