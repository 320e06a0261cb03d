import { loadParams } from '../params/load.ts';
import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';
import { createTracker, type TrackerOptions } from '../tracking/create-tracker.ts';
import type { Tracker } from '../tracking/tracker.ts';
import { exitCodeOf } from './exit-code.ts';

/** The flags that every stage has. */
export interface StageOptions {
  /** Path of the params file. */
  params: string;
  /** `KEY=VALUE` texts, in the order given. */
  set?: string[];
  /** One JSON line on stdout in place of lines for people. */
  json?: boolean;
}

/** What a stage may use of the process. */
export interface StageContext {
  log: Log;
  /** Aborted when the user stops the run. */
  signal: AbortSignal;
}

/** The params of `--params` with those of `--set`. */
export function readParams(options: StageOptions): Promise<Params> {
  return loadParams(options.params, options.set ?? []);
}

/** Runs a stage with a tracker that is finished whatever happens, with the exit code that the process will have. */
export async function withTracker<Summary>(
  params: Params,
  { signal, ...options }: TrackerOptions & Pick<StageContext, 'signal'>,
  run: (tracker: Tracker) => Promise<Summary>,
): Promise<Summary> {
  const tracker = await createTracker(params, options);
  try {
    const summary = await run(tracker);
    await tracker.finish(exitCodeOf(undefined, signal), signal);
    return summary;
  } catch (failure) {
    await tracker.finish(exitCodeOf(failure, signal), signal);
    throw failure;
  }
}

/** The result of a command on stdout: one JSON line, or lines for people. */
export function printResult<Result>(
  result: Result,
  { json }: Pick<StageOptions, 'json'>,
  format: (result: Result) => string,
): void {
  process.stdout.write(`${(json ? JSON.stringify(result) : format(result)).trimEnd()}\n`);
}
