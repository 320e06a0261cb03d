import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';
import { findPython } from '../system/python-tools.ts';
import { readWandbMode, type WandbMode } from '../system/wandb-access.ts';
import type { Exhibit, Tracker } from './tracker.ts';
import { startWandbProcess } from './wandb-process.ts';
import { createWandbReporter } from './wandb-report.ts';

/** How far the client may lag behind before something is left out: pictures and pages first, figures last. */
const MAX_UNHANDLED_EXHIBIT_BYTES = 32 * 2 ** 20;
const MAX_UNHANDLED_ROW_BYTES = 64 * 2 ** 20;
/**
 * How long the end of a run waits for the last upload. What is not handed over then stays on disk: well above the
 * 19 s for which a table may hold up the client when the server is gone, and the 15 s after which wandb-core, its engine,
 * writes what it holds to its file.
 */
const FINISH_WAIT_MS = 45_000;
/**
 * How long it waits after the user has stopped the run. Not to lose what wandb-core has not written yet, the client is then
 * left to itself: in its own session, with no more than a minute to live.
 */
const STOPPED_WAIT_MS = 5000;
/** A wait that is longer than this is explained. */
const WAIT_IS_FELT_MS = 4000;

export interface WandbOptions {
  stage: 'train' | 'inference';
  /** Where the figures are anyway: named when Weights & Biases fails. */
  metricsFile: string;
  log: Log;
  /** Holds WANDB_MODE, WANDB_API_KEY, WANDB_DIR, DVC_EXP_NAME, WANDB_RUN_ID ... */
  environment: NodeJS.ProcessEnv;
  /** Of the run there; WANDB_RUN_ID wins, and without either one is made. */
  runId?: string | undefined;
  /** Where an earlier part of that run ended: the last step of which it has a row; null or left out = the run is new. */
  lastStep?: number | null;
  python?: string;
  finishWaitMs?: number;
  stoppedWaitMs?: number;
}

/**
 * Weights & Biases by its official Python client in a process of its own, which is never waited for before the end.
 * `WANDB_MODE` is online, offline or disabled; where it is not set, online with a key and offline without one.
 * @returns null where it is disabled
 * @throws UsageError for another mode
 */
export function createWandbTracker(params: Params, options: WandbOptions): Tracker | null {
  const mode = readWandbMode(options.environment);
  if (mode === 'disabled') return null;
  const { log, metricsFile, python = findPython() } = options;
  const resumed = (options.lastStep ?? null) !== null;
  const report = createWandbReporter(log, { python, metricsFile, resumed });
  const child = startWandbProcess({
    python,
    // An empty variable, as in a fresh .env, means that it is not set.
    environment: withoutEmpty(options.environment),
    onEvent: report.event,
    onExit: report.exit,
  });
  child.send(() => initMessage(params, options, mode), Number.POSITIVE_INFINITY);
  const send = (maxUnhandledBytes: number, makeMessage: () => object) => {
    if (!child.send(makeMessage, maxUnhandledBytes)) report.dropped();
  };
  return {
    log: (step, row) => send(MAX_UNHANDLED_ROW_BYTES, () => ({ op: 'log', step, row })),
    show: (step, key, exhibit) =>
      send(isHeavy(exhibit) ? MAX_UNHANDLED_EXHIBIT_BYTES : MAX_UNHANDLED_ROW_BYTES, () => ({
        op: 'show',
        step,
        key,
        exhibit: forJson(exhibit),
      })),
    summary: (row) => send(MAX_UNHANDLED_ROW_BYTES, () => ({ op: 'summary', row })),
    async finish(exitCode, stop) {
      const { finishWaitMs = FINISH_WAIT_MS, stoppedWaitMs = STOPPED_WAIT_MS } = options;
      const ended = child.end({ op: 'finish', exit_code: exitCode });
      const waiting = setTimeout(() => {
        if (stop?.aborted) return;
        log.info(`Waiting for Weights & Biases to take the rest, at most ${finishWaitMs / 1000} s`);
      }, WAIT_IS_FELT_MS);
      const late = setTimeout(() => {
        report.late(finishWaitMs);
        child.kill();
      }, finishWaitMs);
      const stopped = afterStop(stop, stoppedWaitMs, () => report.left(stoppedWaitMs));
      await Promise.race([ended, stopped.passed]);
      stopped.forget();
      clearTimeout(waiting);
      clearTimeout(late);
    },
  };
}

/** Waits until so long after `stop` is aborted, or after now where it was before. */
function afterStop(stop: AbortSignal | undefined, waitMs: number, then: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let begin = () => {};
  const passed = new Promise<void>((resolve) => {
    begin = () => {
      timer = setTimeout(() => {
        then();
        resolve();
      }, waitMs);
    };
  });
  if (stop?.aborted) begin();
  stop?.addEventListener('abort', begin, { once: true });
  return {
    passed,
    forget: () => {
      stop?.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}

function initMessage(
  params: Params,
  { stage, environment, runId, lastStep = null }: WandbOptions,
  mode: WandbMode,
): object {
  const experiment = environment.DVC_EXP_NAME || null;
  const folder = environment.WANDB_DIR || params.paths.runs;
  return {
    op: 'init',
    mode,
    // Not in the folder of the stage, which DVC empties before a run: what is not uploaded yet must not be lost.
    dir: folder,
    project: params.tracking.project,
    entity: params.tracking.entity,
    name: params.tracking.run_name ?? experiment,
    group: experiment,
    job_type: stage,
    // What the agent of a sweep says, the client reads from the environment itself: an argument would win.
    id: environment.WANDB_RUN_ID ? null : (runId ?? null),
    resume: lastStep === null || environment.WANDB_RESUME ? null : 'allow',
    last_step: lastStep,
    config: params,
  };
}

function isHeavy({ kind }: Exhibit): boolean {
  return kind === 'picture' || kind === 'overlaid_picture' || kind === 'page';
}

/** Encoded pictures as base64. */
function forJson(exhibit: Exhibit): object {
  if (exhibit.kind === 'picture') return { ...exhibit, png: base64(exhibit.png) };
  if (exhibit.kind !== 'overlaid_picture') return exhibit;
  const overlays = Object.entries(exhibit.overlays).map(
    ([name, overlay]) => [name, { ...overlay, png: base64(overlay.png) }] as const,
  );
  return { ...exhibit, jpeg: base64(exhibit.jpeg), overlays: Object.fromEntries(overlays) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function withoutEmpty(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}
