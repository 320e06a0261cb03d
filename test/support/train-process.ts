import { cp, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRows } from '../../scripts/endurance/traces.ts';
import { type Ending, startTraining, type Training } from '../../scripts/endurance/training.ts';

const GLANCE_MS = 5;

/** Waits until a training has said a row for this step (rows of the process before do not count), or has ended. */
export async function untilStep(place: string, training: Training, step: number): Promise<void> {
  const startMs = Date.now();
  let hasEnded = false;
  const note = () => {
    hasEnded = true;
  };
  training.ending.then(note, note);
  const isReached = async () => (await newRow(place, startMs)) >= step;
  while (!hasEnded && !(await isReached())) await sleep(GLANCE_MS);
}

/** @returns step of the last row, 0 where none was added since then */
async function newRow(place: string, sinceMs: number): Promise<number> {
  const file = await stat(join(place, 'runs/train/metrics.jsonl')).catch(() => null);
  return file && file.mtimeMs > sinceMs ? Number((await readRows(place)).at(-1)?.step ?? 0) : 0;
}

/** Starts `aerial train` and sends it signals, one right after the other, as soon as it has made this step. */
export async function stopTraining(
  place: string,
  { step, signals }: { step: number; signals: readonly ('SIGINT' | 'SIGTERM' | 'SIGKILL')[] },
  ...flags: readonly string[]
): Promise<Ending> {
  const training = startTraining(place, ...flags);
  await untilStep(place, training, step);
  for (const signal of signals) training.kill(signal);
  return training.ending;
}

/** A copy of a place beside it, with all that a training has left there. */
export async function copyPlace(place: string, name: string): Promise<string> {
  const copy = join(dirname(place), name);
  await cp(place, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}
