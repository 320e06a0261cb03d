/** `aerial train` as a process of its own, which can be ended at any moment. */
import { execa } from 'execa';
import { PROGRAM, QUIET } from './workplace.ts';

/** How a training ended. */
export interface Ending {
  /** null where a signal ended it. */
  exitCode: number | null;
  signal: string | null;
  /** stdout; null where there is none. */
  summary: Summary | null;
  /** Lines of stderr. */
  lines: string[];
  seconds: number;
}

/** Of the JSON on stdout, what is looked at here. */
export interface Summary {
  /** false where it was stopped. */
  finished: boolean;
  steps: number;
  weights_sha256: string;
  /** Update at which the checkpoint was made that this process went on from; null where it began anew. */
  resumed_from: number | null;
}

/** A training on its way. */
export interface Training {
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): void;
  ending: Promise<Ending>;
}

/** @param place folder with params.yaml */
export function startTraining(place: string, ...flags: readonly string[]): Training {
  const startMs = performance.now();
  const child = execa(process.execPath, [PROGRAM, 'train', '--json', ...flags], {
    ...{ cwd: place, env: QUIET, reject: false, stdin: 'ignore' },
  });
  const finish = async (): Promise<Ending> => {
    const { exitCode = null, signal = null, stdout, stderr } = await child;
    const seconds = (performance.now() - startMs) / 1000;
    return { exitCode, signal, summary: parseSummary(stdout), lines: stderr.split('\n'), seconds };
  };
  return { kill: (signal) => void child.kill(signal), ending: finish() };
}

function parseSummary(stdout: string): Summary | null {
  try {
    return JSON.parse(stdout) as Summary;
  } catch {
    return null;
  }
}

/** Runs it to its end. */
export function train(place: string, ...flags: readonly string[]): Promise<Ending> {
  return startTraining(place, ...flags).ending;
}
