import { clearLine, cursorTo } from 'node:readline';
import { Presets, SingleBar } from 'cli-progress';
import type { Log } from '../system/log.ts';

/** Shows how far several downloads are, together. */
export interface DownloadProgress {
  /** @param bytes of the file on disk so far */
  update(path: string, bytes: number): void;
  /** For lines meanwhile: they appear above the bar. */
  log: Log;
  stop(): void;
}

const MEGABYTE = 1e6;
/** Plain lines: one at each tenth of the whole. */
const LINES = 10;

/** A file as its download starts. */
export interface StartingDownload {
  path: string;
  totalBytes: number;
  /** What an earlier, cut-off download left. */
  startBytes: number;
}

/** How far downloads are, in MB of the total: one bar where `terminal` is one, plain lines elsewhere. */
export function createDownloadProgress(
  downloads: readonly StartingDownload[],
  log: Log,
  terminal: NodeJS.WriteStream = process.stderr,
): DownloadProgress {
  const bytesOf = new Map(downloads.map(({ path, startBytes }) => [path, startBytes]));
  const sum = () => [...bytesOf.values()].reduce((total, bytes) => total + bytes, 0);
  const total = downloads.reduce((bytes, { totalBytes }) => bytes + totalBytes, 0);
  const name = downloads.length === 1 ? downloads[0]!.path : `${downloads.length} files`;
  const shown = terminal.isTTY
    ? showBar({ name, total, start: sum() }, terminal, log)
    : showLines({ name, total, start: sum() }, log);
  return {
    ...shown,
    update: (path, bytes) => {
      bytesOf.set(path, bytes);
      shown.show(sum());
    },
  };
}

interface Shown {
  show(bytes: number): void;
  log: Log;
  stop(): void;
}

/** In bytes. */
interface Whole {
  name: string;
  total: number;
  start: number;
}

function showBar({ name, total, start }: Whole, stream: NodeJS.WriteStream, log: Log): Shown {
  const format = `${name} {bar} {value} of {total} MB{left}`;
  const startedMs = performance.now();
  const left = (bytes: number) => {
    const msPerByte = (performance.now() - startedMs) / (bytes - start);
    return bytes > start ? `, ${formatSeconds(((total - bytes) * msPerByte) / 1000)} left` : '';
  };
  const options = { format, stream, hideCursor: null, gracefulExit: false, forceRedraw: true };
  const bar = new SingleBar(options, Presets.shades_classic);
  bar.start(megabytes(total), megabytes(start), { left: '' });
  const above = (write: (line: string) => void) => (line: string) => {
    // What stood there is overwritten by the line; the bar draws itself again below it.
    cursorTo(stream, 0);
    clearLine(stream, 0);
    write(line);
  };
  return {
    show: (bytes) => bar.update(megabytes(bytes), { left: left(bytes) }),
    log: { info: above(log.info), warn: above(log.warn) },
    stop: () => bar.stop(),
  };
}

function showLines({ name, total, start }: Whole, log: Log): Shown {
  const step = (bytes: number) => Math.floor((LINES * bytes) / Math.max(total, 1));
  let shown = step(start);
  return {
    show: (bytes) => {
      if (step(bytes) <= shown) return;
      shown = step(bytes);
      log.info(`${name}: ${megabytes(bytes)} of ${megabytes(total)} MB`);
    },
    log,
    stop: () => {},
  };
}

/** `45 s`, `12 min` */
function formatSeconds(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

/** One decimal for small files, so that their progress does not read "0 of 0 MB". */
function megabytes(bytes: number): number {
  return bytes < 10 * MEGABYTE ? Math.round(bytes / (MEGABYTE / 10)) / 10 : Math.round(bytes / MEGABYTE);
}
