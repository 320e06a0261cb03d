import { Presets, SingleBar } from 'cli-progress';
import type { Log } from '../system/log.ts';

/** What is shown while training runs. */
export interface ProgressState {
  epoch: number;
  /** Name of the phase; null where there is only one. */
  phase: string | null;
  loss: number;
  imagesPerSecond: number;
}

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

/**
 * @param totalSteps of the whole run
 * @param epochs of the whole run
 */
export function createProgress(log: Log, totalSteps: number, epochs: number): Progress {
  const timeLeft = createTimeLeft(totalSteps);
  return process.stderr.isTTY
    ? createBar(log, totalSteps, epochs, timeLeft)
    : createLines(log, totalSteps, epochs, timeLeft);
}

type TimeLeft = (step: number) => string;

function createBar(log: Log, totalSteps: number, epochs: number, timeLeft: TimeLeft): Progress {
  const format = `{bar} {phase}epoch {epoch}/${epochs} · step {value}/{total} · loss {loss} · {rate} images/s · {left}`;
  const options = {
    format,
    stream: process.stderr,
    barsize: 20,
    hideCursor: true,
    etaBuffer: 50,
    clearOnComplete: true,
  };
  const bar = new SingleBar(options, Presets.rect);
  let shown: { step: number; payload: object } | null = null;
  const stop = () => {
    process.off('exit', stop);
    bar.stop();
  };
  const show = () => {
    if (!shown) return;
    if (!bar.isActive) {
      bar.start(totalSteps, shown.step, shown.payload);
      // A second Ctrl-C ends the process at once: not without giving the terminal its cursor back.
      process.once('exit', stop);
    }
    bar.update(shown.step, shown.payload);
  };
  return {
    update: (step, { epoch, phase, loss, imagesPerSecond }) => {
      const payload = {
        phase: phasePrefix(phase),
        epoch,
        loss: loss.toFixed(3),
        rate: imagesPerSecond.toFixed(1),
        left: timeLeft(step),
      };
      shown = { step, payload };
      show();
    },
    line: (text) => {
      stop();
      log.info(text);
      show();
    },
    stop,
  };
}

function createLines(log: Log, totalSteps: number, epochs: number, timeLeft: TimeLeft): Progress {
  let lastMs = 0;
  return {
    update: (step, { epoch, phase, loss, imagesPerSecond }) => {
      const left = timeLeft(step);
      if (performance.now() - lastMs < LINE_INTERVAL_MS) return;
      lastMs = performance.now();
      log.info(
        `${phasePrefix(phase)}epoch ${epoch}/${epochs} · step ${step}/${totalSteps} · loss ${loss.toFixed(3)} · ` +
          `${imagesPerSecond.toFixed(1)} images/s · ${left}`,
      );
    },
    line: (text) => log.info(text),
    stop: () => {},
  };
}

function phasePrefix(phase: string | null): string {
  return phase === null ? '' : `${phase} · `;
}

/** Of the whole run so far, validation included, projected on the steps to come. */
function createTimeLeft(totalSteps: number): TimeLeft {
  let start: { step: number; ms: number } | null = null;
  return (step) => {
    start ??= { step, ms: performance.now() };
    if (step === start.step) return 'time left unknown';
    const msPerStep = (performance.now() - start.ms) / (step - start.step);
    return `${formatDuration((totalSteps - step) * msPerStep)} left`;
  };
}

/** `45 s`, `12 min`, `3 h 20 min` */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
