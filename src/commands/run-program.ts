import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Command, CommanderError } from 'commander';
import { UserError } from '../system/errors.ts';
import { explainDiskError } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { eachSet } from './each-set.ts';
import { exitCodeOf, Interrupted } from './exit-code.ts';

/**
 * Runs one command line and ends the process with the code that `exitCodeOf` gives.
 * An action that wants another code without an error sets `process.exitCode`.
 * @param interrupted aborted when the user stops the run
 */
export async function runProgram(program: Command, log: Log, interrupted: AbortSignal): Promise<never> {
  const output = watchOutput();
  process.on('uncaughtException', (error) => {
    reportFailure(error);
    process.exit(1);
  });
  let failure: unknown;
  try {
    readEnvFile('.env');
    await program.parseAsync(eachSet(process.argv.slice(2)), { from: 'user' });
  } catch (error) {
    failure = error ?? new Error('undefined was thrown');
    const stopped = error instanceof Interrupted || (error as Error)?.name === 'AbortError';
    if (!(interrupted.aborted && stopped)) reportFailure(error);
  }
  const lost = await output.failure();
  if (lost) reportFailure(lost);
  if (interrupted.aborted) log.info((interrupted.reason as Error).message);
  process.exit(exitCodeOf(failure, interrupted) || (process.exitCode ?? 0) || (lost ? 1 : 0));
}

/** One `error:` line for each line that the user can mend; a bug keeps its stack. */
function reportFailure(error: unknown): void {
  if (error instanceof CommanderError) return; // commander has printed it
  if (error instanceof UserError) {
    for (const line of error.message.split('\n')) process.stderr.write(`error: ${line}\n`);
    return;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.stderr.write('error: this is a bug in aerial; please report it with the lines above\n');
}

/** Variables of a `.env` in the working folder, if there is one; those of the real environment win. */
function readEnvFile(path: string): void {
  if (!existsSync(path)) return;
  try {
    process.loadEnvFile(path);
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${(error as Error).message}; mend or remove it`, {
      cause: error,
    });
  }
}

/**
 * `aerial train | head` must not end hours of training: what nobody reads any more is dropped, and so are lines of
 * progress that a full disk does not take. A result that is lost is told in the end.
 */
function watchOutput() {
  let lost: Error | undefined;
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') lost ??= error;
  });
  return {
    /** Waits for stdout. @returns the error for the user where it did not take all */
    failure: async (): Promise<unknown> => {
      const { stdout } = process;
      if (stdout.writableLength > 0) await new Promise((resolve) => stdout.write('', resolve));
      // The event of a write that failed comes after its callback.
      await nextTurn();
      if (lost === undefined) return undefined;
      const explained = explainDiskError(lost, 'the result to stdout');
      if (explained !== lost) return explained;
      return new UserError(`Cannot write the result to stdout (${lost.message})`, { cause: lost });
    },
  };
}
