import { Presets, SingleBar } from 'cli-progress';
import type { Log } from '../system/log.ts';

/** How far a job of many equal pieces is: a bar on a terminal, a line now and then elsewhere. */
export interface CountProgress {
  /** One more piece is done. */
  add(): void;
  /** Whether all is done or not. */
  stop(): void;
}

/** Between two lines where there is no terminal: short jobs say nothing. */
const LINE_INTERVAL_MS = 15_000;

/**
 * @param title what is going on: "Examining"
 * @param total pieces
 */
export function createCountProgress(
  title: string,
  total: number,
  log: Log,
  terminal: NodeJS.WriteStream = process.stderr,
): CountProgress {
  return terminal.isTTY ? createBar(title, total, terminal) : createLines(title, total, log);
}

function createBar(title: string, total: number, stream: NodeJS.WriteStream): CountProgress {
  const format = `${title} {bar} {value} of {total}, {eta_formatted} left`;
  // hideCursor null: a Ctrl-C in between must not leave the terminal without one.
  const bar = new SingleBar({ format, stream, hideCursor: null, clearOnComplete: true }, Presets.rect);
  bar.start(total, 0);
  return { add: () => bar.increment(), stop: () => bar.stop() };
}

function createLines(title: string, total: number, log: Log): CountProgress {
  let done = 0;
  let lastMs = performance.now();
  return {
    add: () => {
      done++;
      if (performance.now() - lastMs < LINE_INTERVAL_MS) return;
      lastMs = performance.now();
      log.info(`${title}: ${done} of ${total}`);
    },
    stop: () => {},
  };
}
