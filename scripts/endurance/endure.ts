/** One training that is stopped and goes on, and what came of it. */
import { watch } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Moment, RunPlan } from './plan.ts';
import type { Kind, Reference, RunRecord, Stage, Stop } from './records.ts';
import {
  checkpointsIn,
  differences,
  halfWritten,
  type Reached,
  readOutcome,
  readReached,
  readRows,
} from './traces.ts';
import { type Ending, startTraining, type Training, train } from './training.ts';

const SIGNALS = { kill: 'SIGKILL', term: 'SIGTERM', interrupt: 'SIGINT' } as const;
const EXIT_CODES = { term: 143, interrupt: 130 } as const;
/** Seconds from a polite signal to the end of the process, on a machine that is busy with other things, too. */
const MOST_SECONDS_TO_END = 10;

/** Between two looks at the rows. */
const GLANCE_MS = 5;

export interface Expected {
  reference: Reference;
  /** Updates from one checkpoint to the next. */
  interval: number;
  /** Checkpoints that are kept. */
  keep: number;
  epochs: number;
}

/**
 * Runs `aerial train` in a new place, stops it as planned, and runs the same command until it is done.
 * @returns null where it was done before the first moment came
 */
export async function endure(
  place: string,
  { kind, index, plan }: { kind: Kind; index: number; plan: RunPlan },
  expected: Expected,
): Promise<RunRecord | null> {
  const startMs = performance.now();
  const stops: Stop[] = [];
  const failures: string[] = [];
  let ending: Ending | null = null;
  for (const moment of plan.moments) {
    const { stop, ending: ended } = await stopOnce(place, { kind, moment }, expected);
    if (stop === null) {
      if (stops.length === 0) return null;
      ending = ended;
      break;
    }
    stops.push(stop);
    failures.push(...faultsOf(stop, kind, expected));
  }
  ending ??= await train(place);
  failures.push(...(await faultsOfEnding(place, ending, stops, expected)));
  const seconds = (performance.now() - startMs) / 1000;
  const resumedFrom = ending.summary?.resumed_from ?? null;
  return { kind, index, cold: plan.cold, stops, resumedFrom, seconds, failures };
}

/** @returns `stop` null where the training was done before its moment came */
async function stopOnce(
  place: string,
  { kind, moment }: { kind: Kind; moment: Moment },
  expected: Expected,
): Promise<{ stop: Stop | null; ending: Ending }> {
  const training = startTraining(place);
  const startMs = performance.now();
  await waitFor(moment, training, place);
  const signalMs = performance.now();
  training.kill(SIGNALS[kind]);
  const ending = await training.ending;
  const secondsToEnd = (performance.now() - signalMs) / 1000;
  if (ending.exitCode === 0) return { stop: null, ending };
  const reached = await readReached(place);
  const { row, checkpoint } = reached;
  const stop: Stop = {
    ...{ stage: stageOf(reached, ending, expected), seconds: (signalMs - startMs) / 1000, row, checkpoint },
    ...{ lost: row - (checkpoint ?? 0), secondsToEnd, exitCode: ending.exitCode, signal: ending.signal },
  };
  return { stop, ending };
}

async function waitFor(moment: Moment, training: Training, place: string): Promise<void> {
  const done = new AbortController();
  const stopWaiting = () => done.abort();
  training.ending.then(stopWaiting, stopWaiting);
  if ('seconds' in moment) {
    await sleep(1000 * moment.seconds, undefined, { signal: done.signal }).catch(() => {});
    return;
  }
  if ('write' in moment) await writeBegins(join(place, 'runs/train'), moment.write, done.signal);
  else await updatesMade(place, moment.updates, done.signal);
  await sleep(moment.milliseconds);
}

/** Until the process has made so many updates, or the signal is aborted. */
async function updatesMade(place: string, count: number, signal: AbortSignal): Promise<void> {
  const startMs = Date.now();
  const { checkpoint } = await readReached(place);
  const wanted = (checkpoint ?? 0) + count;
  // Rows of the process before are there until the first one of this process.
  const isReached = async () =>
    (await modifiedMs(place)) > startMs && Number((await readRows(place)).at(-1)?.step ?? 0) >= wanted;
  while (!signal.aborted && !(await isReached())) await sleep(GLANCE_MS);
}

async function modifiedMs(place: string): Promise<number> {
  return stat(join(place, 'runs/train/metrics.jsonl')).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** Until the file that is written aside as number `count` appears, or the signal is aborted. */
async function writeBegins(folder: string, count: number, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  const seen = new Set<string>();
  await new Promise<void>((resolve) => {
    const watcher = watch(folder, { recursive: true, signal }, (_, name) => {
      if (name?.endsWith('.part')) seen.add(name);
      if (seen.size < count) return;
      watcher.close();
      resolve();
    });
    watcher.on('error', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function stageOf(reached: Reached, { lines, summary }: Ending, { reference, epochs }: Expected): Stage {
  const said = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  if (summary?.finished) return 'ended';
  if (reached.halfWritten.length > 0) return 'write';
  if (!said(/^Training /)) return 'start';
  if (!said(/^Compiled /)) return 'compile';
  const isLastOfEpoch = reached.row > 0 && reached.row % (reference.steps / epochs) === 0;
  return isLastOfEpoch && !reached.isValidated ? 'validation' : 'steps';
}

function faultsOf(stop: Stop, kind: Kind, { interval }: Expected): string[] {
  const { stage, row, checkpoint, lost, exitCode, signal, secondsToEnd } = stop;
  const failures: string[] = [];
  // The update under way may have its row, but not yet its checkpoint.
  const most = kind === 'kill' ? interval + 1 : 0;
  if (stage !== 'ended' && lost > most) {
    failures.push(`stopped at step ${row} in ${stage}: checkpoint ${checkpoint} loses ${lost} updates`);
  }
  if (checkpoint !== null && checkpoint > row) {
    failures.push(`checkpoint ${checkpoint}, but the last row is of step ${row}`);
  }
  if (kind === 'kill') return failures;
  // Node itself takes a fifth of a second until it listens.
  const beforeItListened = stage === 'start' && signal === SIGNALS[kind];
  if (exitCode !== EXIT_CODES[kind] && !beforeItListened) {
    failures.push(
      `${SIGNALS[kind]} in ${stage}: ended with ${signal ?? exitCode}, expected ${EXIT_CODES[kind]}`,
    );
  }
  if (secondsToEnd > MOST_SECONDS_TO_END) {
    failures.push(`${SIGNALS[kind]} in ${stage}: took ${secondsToEnd.toFixed(1)} s to end`);
  }
  return failures;
}

async function faultsOfEnding(
  place: string,
  { exitCode, signal, summary, lines }: Ending,
  stops: readonly Stop[],
  { reference, keep }: Expected,
): Promise<string[]> {
  if (!summary?.finished || exitCode !== 0) {
    return [`the resumed training ended with ${signal ?? exitCode}: ${lines.slice(-3).join(' | ')}`];
  }
  const differing = differences(await readOutcome(place, summary), reference.outcome);
  const failures = differing.map((name) => `${name} differs from the uninterrupted training`);
  if (summary.steps !== reference.steps) failures.push(`${summary.steps} steps, not ${reference.steps}`);
  const last = stops.at(-1);
  const resumedFrom = summary.resumed_from ?? 0;
  if (last?.stage !== 'ended' && resumedFrom !== (last?.checkpoint ?? 0)) {
    failures.push(`went on from step ${summary.resumed_from}, but checkpoint ${last?.checkpoint} was there`);
  }
  const left = await halfWritten(place);
  if (left.length > 0) failures.push(`half-written files are left: ${left.join(', ')}`);
  const checkpoints = await checkpointsIn(place);
  if (checkpoints.length > keep) failures.push(`${checkpoints.length} checkpoints are left, not ${keep}`);
  return failures;
}
