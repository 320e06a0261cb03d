import { CommanderError } from 'commander';
import { UserError } from '../system/errors.ts';

/** Why a run ended before its time: Ctrl-C or a polite kill. It is the reason of the abort signal. */
export class Interrupted extends Error {
  /** 128 + the number of the signal, as shells have it. */
  readonly exitCode: 130 | 143;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`Stopped by ${signal}`);
    this.name = 'AbortError';
    this.exitCode = signal === 'SIGINT' ? 130 : 143;
  }
}

/**
 * The exit code of the process: 0 done, 1 the work failed, 2 wrong usage or params, 130 or 143 stopped by a signal.
 * A run that was stopped never counts as done, however it ended: DVC takes exit code 0 for a finished stage.
 * @param failure what was thrown; undefined where nothing was
 */
export function exitCodeOf(failure: unknown, interrupted: AbortSignal): number {
  if (interrupted.reason instanceof Interrupted) return interrupted.reason.exitCode;
  if (failure === undefined) return 0;
  if (failure instanceof UserError) return failure.exitCode;
  // commander has 1 for wrong usage and 0 for --help and --version.
  if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 2;
  return 1;
}
