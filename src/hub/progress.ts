import { Presets, SingleBar } from 'cli-progress';
import type { Log } from '../system/log.ts';

export interface DownloadProgress {
  /** @param bytes on disk so far */
  update(bytes: number): void;
  stop(): void;
}

const MEGABYTE = 1e6;
/** Plain lines: one at each tenth of the file. */
const LINES = 10;

/** A download as it starts. */
export interface StartingDownload {
  name: string;
  totalBytes: number;
  /** What an earlier, cut-off download left. */
  startBytes: number;
}

/** How far a download is, in MB of the total: a bar where `terminal` is one, plain lines elsewhere. */
export function createDownloadProgress(
  download: StartingDownload,
  log: Log,
  terminal: NodeJS.WriteStream = process.stderr,
): DownloadProgress {
  return terminal.isTTY ? progressBar(download, terminal) : progressLines(download, log);
}

function progressBar(
  { name, totalBytes, startBytes }: StartingDownload,
  stream: NodeJS.WriteStream,
): DownloadProgress {
  const format = `${name} {bar} {value} of {total} MB, {eta_formatted} left`;
  const bar = new SingleBar({ format, stream, hideCursor: null }, Presets.shades_classic);
  bar.start(megabytes(totalBytes), megabytes(startBytes));
  return { update: (bytes) => bar.update(megabytes(bytes)), stop: () => bar.stop() };
}

function progressLines({ name, totalBytes, startBytes }: StartingDownload, log: Log): DownloadProgress {
  const step = (bytes: number) => Math.floor((LINES * bytes) / totalBytes);
  let shown = step(startBytes);
  return {
    update: (bytes) => {
      if (step(bytes) <= shown) return;
      shown = step(bytes);
      log.info(`${name}: ${megabytes(bytes)} of ${megabytes(totalBytes)} MB`);
    },
    stop: () => {},
  };
}

/** One decimal for small files, so that their progress does not read "0 of 0 MB". */
function megabytes(bytes: number): number {
  return bytes < 10 * MEGABYTE ? Math.round(bytes / (MEGABYTE / 10)) / 10 : Math.round(bytes / MEGABYTE);
}
