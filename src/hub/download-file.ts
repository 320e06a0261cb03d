import { open, rename, rm, truncate } from 'node:fs/promises';
import { UserError } from '../system/errors.ts';
import { hashFile, sizeOf } from './digest.ts';
import type { ExpectedFile } from './expected-files.ts';
import { HubStatusError, IncompleteDownloadError } from './hub-errors.ts';
import { hubFetch } from './hub-request.ts';

/** Where a file's content can be had. */
export interface FileSource {
  url: string;
  /** Go with each request. */
  headers: Readonly<Record<string, string>>;
}

/** One file on its way. */
export interface FileTransfer {
  /** Called where anything is missing. */
  findSource(): Promise<FileSource>;
  expected: ExpectedFile;
  /** Where the content gathers; may hold what an earlier call left. */
  part: string;
  /** Where it is put, once its hash is right. */
  target: string;
}

/** Who hears of the progress, and who ends it. */
export interface TransferWatch {
  /** Told how many bytes are on disk, after each piece. */
  onBytes(bytes: number): void;
  signal: AbortSignal;
  /** Without any byte for so long, the connection counts as broken. */
  silenceMs: number;
}

/**
 * Fetches what is missing of a file, from where an earlier call stopped, and puts it in place once its hash is right.
 * Two calls at once would disturb each other: the caller holds a lock. The folders are there.
 * @throws HubStatusError, IncompleteDownloadError, fetch's own TypeError, or the signal's reason: what came so far is
 *   kept for the next call. Wrong content is thrown away: UserError, or IncompleteDownloadError where an older piece may
 *   be at fault
 */
export async function downloadFile(transfer: FileTransfer, watch: TransferWatch): Promise<void> {
  const { part, target } = transfer;
  try {
    await completePart(transfer, watch);
    await rename(part, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new IncompleteDownloadError(`${part} was removed while it was written`, { cause: error });
  }
}

async function completePart(transfer: FileTransfer, watch: TransferWatch): Promise<void> {
  const { expected, part } = transfer;
  if ((await sizeOf(part)) > expected.size) await rm(part);
  const had = Math.max(0, await sizeOf(part));
  if (had < expected.size) await appendMissing(transfer, had, watch);
  else if (had === 0) await (await open(part, 'a')).close();
  const actual = await hashFile(part, expected.digest.algorithm, watch.signal);
  if (actual !== expected.digest.hex) {
    await rm(part);
    if (had > 0) throw startsAgain('the continued download is damaged');
    throw new UserError(
      `Download of ${expected.path} is damaged: its ${expected.digest.algorithm} is ${actual}, expected ${expected.digest.hex}; run the command again, or use another mirror (HF_ENDPOINT) if it happens again`,
    );
  }
}

/** @param had bytes of the part */
async function appendMissing(transfer: FileTransfer, had: number, watch: TransferWatch): Promise<void> {
  const { expected, part } = transfer;
  const source = await transfer.findSource();
  const silence = watchSilence(watch);
  try {
    const response = await askFrom(had, source, silence.signal).catch(async (error: unknown) => {
      if (had === 0 || !(error instanceof HubStatusError && error.statusCode === 416)) throw error;
      await rm(part, { force: true });
      throw startsAgain(`the server has no bytes from ${had} on`);
    });
    let have = await firstByte(response, had, transfer);
    if (have < had) await truncate(part, have);
    // Piece by piece and not through a pipe, which would throw away what it holds when the connection breaks.
    const file = await open(part, 'a');
    try {
      for await (const chunk of response.body ?? []) {
        silence.heard();
        have += chunk.length;
        if (have > expected.size) throw wrongSize(response, `more than the ${expected.size} bytes`);
        await file.writeFile(chunk);
        watch.onBytes(have);
      }
    } finally {
      await file.close();
    }
    if (have < expected.size) {
      throw new IncompleteDownloadError(`connection closed after ${have} of ${expected.size} bytes`);
    }
  } finally {
    silence.stop();
  }
}

async function askFrom(start: number, source: FileSource, signal: AbortSignal): Promise<Response> {
  // "identity": a range of a compressed answer would be a range of something else.
  const headers = { ...source.headers, Range: `bytes=${start}-`, 'Accept-Encoding': 'identity' };
  return hubFetch(source.url, { headers, signal });
}

/**
 * Where the answer's bytes begin in the file: where they were asked for, or 0 from a server that knows no ranges.
 * @throws where the server sends another piece, or a piece of a file of another size
 */
async function firstByte(response: Response, asked: number, transfer: FileTransfer): Promise<number> {
  if (response.status !== 206) return 0;
  const range = response.headers.get('Content-Range') ?? '';
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
  const { expected, part } = transfer;
  let failure: Error | undefined;
  if (total !== undefined && total !== '*' && Number(total) !== expected.size) {
    failure = wrongSize(response, `a file of ${total} bytes, not of the ${expected.size}`);
  } else if (first === undefined || ![asked, 0].includes(Number(first))) {
    failure = startsAgain(`the server sends "${range}" where bytes from ${asked} on were asked for`);
    await rm(part, { force: true });
  }
  if (!failure) return Number(first);
  await response.body?.cancel();
  throw failure;
}

function wrongSize({ url }: Response, what: string): UserError {
  // Without its query: a store's address may hold the right to read.
  const [place] = url.split('?');
  return new UserError(`${place} sends ${what} that the hub announced; use another mirror (HF_ENDPOINT)`);
}

function startsAgain(why: string): IncompleteDownloadError {
  return new IncompleteDownloadError(`${why}, it starts again`);
}

/** Its signal is aborted by the one of `watch`, and when nothing was heard for `silenceMs`. */
function watchSilence({ signal, silenceMs }: TransferWatch) {
  const silence = new AbortController();
  const broken = () =>
    silence.abort(new IncompleteDownloadError(`nothing has come for ${silenceMs / 1000} s`));
  const timer = setTimeout(broken, silenceMs);
  return {
    signal: AbortSignal.any([signal, silence.signal]),
    heard: () => void timer.refresh(),
    stop: () => clearTimeout(timer),
  };
}
