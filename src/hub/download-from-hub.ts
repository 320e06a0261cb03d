import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDownloadInfo, type PathInfo, pathsInfo } from '@huggingface/hub';
import { z } from 'zod';
import { UserError } from '../system/errors.ts';
import { explainDiskError, writeFileAtomic } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { downloadFile, type ExpectedFile, isVerified, partPath, sizeOf } from './download-file.ts';
import { type IsHeld, withFileLock } from './file-lock.ts';
import { HubStatusError, IncompleteDownloadError } from './hub-errors.ts';
import {
  explainFailure,
  type HubTarget,
  insist,
  libraryOptions,
  type Patience,
  shortRevision,
} from './hub-request.ts';
import { createDownloadProgress } from './progress.ts';
import { NETWORK_RETRIES } from './retry.ts';

/** The revision is a full commit hash. */
export interface HubDownload extends HubTarget {
  paths: readonly string[];
  /** Local folder; `data/train.zip` lands in `data/train.zip` below it. */
  folder: string;
}

/**
 * Brings files of a hub repository to the disk: resumed where an earlier run was cut off, checked against the hub's
 * hashes, retried while the trouble may pass. A file that is there and right is left alone, and when all are, the
 * network is not touched. Several calls at once, here or in other processes, download a file once: the others wait.
 * @returns the files in the order of `paths`, with the hashes that they were found to have
 * @throws UserError in one line: what failed, which host, how to mend it
 */
export async function downloadFromHub(
  download: HubDownload,
  log: Log,
  retries = NETWORK_RETRIES,
): Promise<ExpectedFile[]> {
  const patience: Patience = { log, retries };
  const expected = await insist(() => expectedFiles(download), patience).catch((error: unknown) => {
    throw explainFailure(error, download.paths.join(', '), download);
  });
  for (const file of expected) {
    const target = join(download.folder, file.path);
    if (await isThere(target, file, log)) continue;
    await bringFile(download, file, target, patience).catch((error: unknown) => {
      throw explainFailure(error, file.path, download);
    });
  }
  return expected;
}

async function isThere(target: string, file: ExpectedFile, log: Log): Promise<boolean> {
  const isRight = await isVerified(target, file);
  if (isRight) log.info(`${target} is there already, its hash is right`);
  return isRight;
}

async function bringFile(
  download: HubDownload,
  file: ExpectedFile,
  target: string,
  patience: Patience,
): Promise<void> {
  const { log } = patience;
  let furthest = 0;
  const fetchRest = async (progressed: () => void, isHeld: IsHeld) => {
    // Another process may have brought it meanwhile.
    if (await isThere(target, file, log)) return;
    const startBytes = Math.max(0, await sizeOf(partPath(target, file)));
    if (startBytes > furthest) progressed();
    furthest = Math.max(furthest, startBytes);
    const request = await fileRequest(download, file.path);
    await downloadWithProgress(request, file, { target, startBytes, log }).catch(async (error: unknown) => {
      if (await isHeld()) throw error;
      throw new IncompleteDownloadError('another process has taken the download over', { cause: error });
    });
  };
  let told = false;
  const onWait = () => {
    if (!told) log.info(`${file.path}: another process is downloading it, waiting (${target}.lock)`);
    told = true;
  };
  // Locked for one try, so that a process that waits for its next try keeps no other from trying.
  await insist(
    (progressed) => withFileLock(target, (isHeld) => fetchRest(progressed, isHeld), { onWait }),
    patience,
  ).catch((error: unknown) => {
    throw explainDiskError(error, target);
  });
}

async function fileRequest(
  download: HubDownload,
  path: string,
): Promise<{ url: string; headers: Record<string, string> }> {
  const { accessToken } = download.access;
  const info = await fileDownloadInfo({ ...libraryOptions(download), path });
  if (info === null) throw new HubStatusError(404, 'EntryNotFound');
  return { url: info.url, headers: accessToken ? { Authorization: `Bearer ${accessToken}` } : {} };
}

async function downloadWithProgress(
  request: { url: string; headers: Record<string, string> },
  file: ExpectedFile,
  { target, startBytes, log }: { target: string; startBytes: number; log: Log },
): Promise<void> {
  const progress = createDownloadProgress({ name: file.path, totalBytes: file.size, startBytes }, log);
  try {
    await downloadFile(request, file, target, progress.update);
  } finally {
    progress.stop();
  }
}

const recordSchema = z.object({
  repo: z.string(),
  revision: z.string(),
  files: z.array(
    z.object({
      path: z.string(),
      size: z.int().nonnegative(),
      digest: z.object({ algorithm: z.enum(['sha256', 'git-sha1']), hex: z.string() }),
    }),
  ),
});

/**
 * Sizes and hashes of the files. A commit never changes, so they are asked for once and kept in `hub-files.json`
 * beside the downloads, which work offline from then on.
 */
async function expectedFiles(download: HubDownload): Promise<ExpectedFile[]> {
  const { repo, revision, paths, folder } = download;
  const recordPath = join(folder, 'hub-files.json');
  const readKnown = async () => {
    const recorded = await readRecord(recordPath);
    return recorded?.repo === repo.name && recorded.revision === revision ? recorded.files : [];
  };
  let known = await readKnown();
  const unknown = paths.filter((path) => !known.some((file) => file.path === path));
  if (unknown.length > 0) {
    const answer = await pathsInfo({ ...libraryOptions(download), paths: unknown });
    const learned = unknown.map((path) => expectedFile(path, answer, download));
    await withFileLock(recordPath, async () => {
      const others = (await readKnown()).filter((file) => !unknown.includes(file.path));
      known = [...others, ...learned];
      const record = { repo: repo.name, revision, files: known };
      await writeFileAtomic(recordPath, `${JSON.stringify(record, null, 1)}\n`);
    });
  }
  // Safe: what was not known was asked for.
  return paths.map((path) => known.find((file) => file.path === path)!);
}

const REPO_NAMES = { dataset: 'data set', model: 'model' } as const;

function expectedFile(path: string, answer: readonly PathInfo[], download: HubDownload): ExpectedFile {
  const info = answer.find((item) => item.path === path && item.type === 'file');
  if (!info) {
    const { repo, revision, advice } = download;
    throw new UserError(
      `Hub ${REPO_NAMES[repo.type]} ${repo.name} has no ${path} at ${shortRevision(revision)}: correct ${advice.address}`,
    );
  }
  if (info.lfs) return { path, size: info.lfs.size, digest: { algorithm: 'sha256', hex: info.lfs.oid } };
  return { path, size: info.size, digest: { algorithm: 'git-sha1', hex: info.oid ?? '' } };
}

/** @returns undefined where there is no record, or none that can be read: the hub is then asked again */
async function readRecord(path: string): Promise<z.infer<typeof recordSchema> | undefined> {
  try {
    return recordSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
