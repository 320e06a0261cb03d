/** The results of the runs so far, one line of JSON each: a run that is written there is never made again. */
import { open, readFile } from 'node:fs/promises';
import type { Outcome } from './traces.ts';

export const KINDS = ['kill', 'term', 'interrupt'] as const;
export type Kind = (typeof KINDS)[number];

/** The training that nobody stopped. */
export interface Reference {
  kind: 'reference';
  /** Of the moments at which trainings are stopped. */
  seed: number;
  outcome: Outcome;
  steps: number;
  seconds: number;
}

/** What a training was at when it was stopped. */
export type Stage = 'start' | 'compile' | 'steps' | 'validation' | 'write' | 'ended';

/** One time that a training was stopped. */
export interface Stop {
  stage: Stage;
  /** After the start of this process. */
  seconds: number;
  /** Step that was seen last. */
  row: number;
  /** Step from which it can go on; null = there is no checkpoint yet. */
  checkpoint: number | null;
  /** Updates that must be made again. */
  lost: number;
  /** From the signal to the end of the process. */
  secondsToEnd: number;
  exitCode: number | null;
  signal: string | null;
}

/** A training that was stopped, once or several times, and went on. */
export interface RunRecord {
  kind: Kind;
  index: number;
  /** Whether its graphs had to be recorded. */
  cold: boolean;
  stops: Stop[];
  /** Of the process that got to the end. */
  resumedFrom: number | null;
  seconds: number;
  /** One line for each promise that was not kept; none is what should be. */
  failures: string[];
}

export type ResultLine = Reference | RunRecord;

/** Adds a line and waits until it is on the disk. */
export async function appendResult(path: string, line: ResultLine): Promise<void> {
  const file = await open(path, 'a');
  try {
    // A line that was cut off when this script was killed must not swallow the next one.
    await file.writeFile(`${(await endsInTheMiddle(path)) ? '\n' : ''}${JSON.stringify(line)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Lines of the file that are whole; none where there is no file. */
export async function readResults(path: string): Promise<ResultLine[]> {
  return (await readText(path)).split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as ResultLine];
    } catch {
      return [];
    }
  });
}

async function endsInTheMiddle(path: string): Promise<boolean> {
  const text = await readText(path);
  return text !== '' && !text.endsWith('\n');
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}
