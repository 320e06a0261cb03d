import { Presets, SingleBar } from 'cli-progress';
import type { Log } from '../system/log.ts';
import { createEstimate, createProgressText, type Estimate, type ProgressState } from './progress-text.ts';

/** A bar on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** @param step of the whole run, 1 for the first */
  update(step: number, state: ProgressState): void;
  /** A line above the bar. */
  line(text: string): void;
  stop(): void;
}

/** Between two lines where there is no terminal. */
const LINE_INTERVAL_MS = 15_000;

const BAR_COLUMNS = 20;
/** In how many steps the bar grows. */
const BAR_TOTAL = 1000;
/** Of a terminal that does not know how wide it is. */
const USUAL_COLUMNS = 80;

/**
 * @param totalSteps of the whole run
 * @param epochs of the whole run
 * @param limitLeftMs what is left of `train.max_minutes`; Infinity without a limit
 */
export function createProgress(
  log: Log,
  totalSteps: number,
  epochs: number,
  limitLeftMs: () => number = () => Infinity,
): Progress {
  const means: ProgressMeans = {
    estimate: createEstimate({ totalSteps, limitLeftMs }),
    text: createProgressText(totalSteps, epochs),
  };
  return process.stderr.isTTY ? createBar(log, means) : createLines(log, means);
}

interface ProgressMeans {
  estimate: (step: number) => Estimate;
  text: ReturnType<typeof createProgressText>;
}

function createBar(log: Log, { estimate, text }: ProgressMeans): Progress {
  const options = {
    format: '{bar} {text}',
    stream: process.stderr,
    barsize: BAR_COLUMNS,
    hideCursor: true,
    clearOnComplete: true,
  };
  const bar = new SingleBar(options, Presets.rect);
  let shown: { value: number; payload: { text: string } } | null = null;
  const stop = () => {
    process.off('exit', stop);
    bar.stop();
  };
  const show = () => {
    if (!shown) return;
    if (!bar.isActive) {
      bar.start(BAR_TOTAL, shown.value, shown.payload);
      // A second Ctrl-C ends the process at once: not without giving the terminal its cursor back.
      process.once('exit', stop);
    }
    bar.update(shown.value, shown.payload);
  };
  return {
    update: (step, state) => {
      const now = estimate(step);
      const columns = (process.stderr.columns || USUAL_COLUMNS) - BAR_COLUMNS - 1;
      shown = {
        value: Math.round(now.share * BAR_TOTAL),
        payload: { text: text(step, state, now, columns) },
      };
      show();
    },
    line: (line) => {
      stop();
      log.info(line);
      show();
    },
    stop,
  };
}

function createLines(log: Log, { estimate, text }: ProgressMeans): Progress {
  let lastMs = 0;
  return {
    update: (step, state) => {
      const line = text(step, state, estimate(step));
      if (performance.now() - lastMs < LINE_INTERVAL_MS) return;
      lastMs = performance.now();
      log.info(line);
    },
    line: (line) => log.info(line),
    stop: () => {},
  };
}
