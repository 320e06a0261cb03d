import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDownloadInfo, HUB_URL, type PathInfo, pathsInfo } from '@huggingface/hub';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { explainDiskError, writeFileAtomic } from '../../system/files.ts';
import type { HubAccess } from '../../system/hub-access.ts';
import type { Log } from '../../system/log.ts';
import { downloadFile, type ExpectedFile, isVerified, partPath, sizeOf } from './download-file.ts';
import { explainHubError, hubTrouble, isTransient } from './hub-errors.ts';
import { createDownloadProgress } from './progress.ts';
import { NETWORK_RETRIES, type RetryPolicy, withRetries } from './retry.ts';

export interface HubDownload {
  /** owner/name of the data set. */
  repo: string;
  /** Full commit hash: the same files for ever. */
  revision: string;
  paths: readonly string[];
  /** Local folder; `data/train.zip` lands in `data/train.zip` below it. */
  folder: string;
  access: HubAccess;
}

/**
 * Brings files of a hub data set to the disk: resumed where an earlier run was cut off, checked against the hub's
 * hashes, retried while the trouble may pass. A file that is there and right is left alone, and when all are, the
 * network is not touched.
 * @throws UserError in one line: what failed, which host, how to mend it
 */
export async function downloadFromHub(
  download: HubDownload,
  log: Log,
  retries: RetryPolicy = NETWORK_RETRIES,
): Promise<void> {
  const onRetry = (error: unknown, delayMs: number) =>
    log.warn(`Download: ${hubTrouble(error)}; next try in ${delayMs / 1000} s`);
  const persist = async <T>(path: string, work: (progressed: () => void) => Promise<T>): Promise<T> => {
    try {
      return await withRetries(retries, work, isTransient, onRetry);
    } catch (error) {
      const what = `${path} of ${download.repo} at ${download.revision.slice(0, 8)}`;
      throw explainHubError(error, what, new URL(download.access.hubUrl ?? HUB_URL).host);
    }
  };
  const expected = await persist(download.paths.join(', '), () => expectedFiles(download));
  for (const file of expected) {
    const target = join(download.folder, file.path);
    if (await isVerified(target, file)) {
      log.info(`${target} is there already, its hash is right`);
      continue;
    }
    let furthest = 0;
    await persist(file.path, async (progressed) => {
      const startBytes = Math.max(0, await sizeOf(partPath(target, file)));
      if (startBytes > furthest) progressed();
      furthest = Math.max(furthest, startBytes);
      await downloadWithProgress(await fileRequest(download, file.path), file, { target, startBytes, log });
    });
  }
}

async function fileRequest(
  download: HubDownload,
  path: string,
): Promise<{ url: string; headers: Record<string, string> }> {
  const { repo, revision, access } = download;
  const info = await fileDownloadInfo({ ...hubRequest(download), path });
  if (info === null) throw missingFile(path, repo, revision);
  return {
    url: info.url,
    headers: access.accessToken ? { Authorization: `Bearer ${access.accessToken}` } : {},
  };
}

async function downloadWithProgress(
  request: { url: string; headers: Record<string, string> },
  file: ExpectedFile,
  { target, startBytes, log }: { target: string; startBytes: number; log: Log },
): Promise<void> {
  const progress = createDownloadProgress({ name: file.path, totalBytes: file.size, startBytes }, log);
  try {
    await downloadFile(request, file, target, progress.update);
  } catch (error) {
    throw explainDiskError(error, target);
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
 * beside the downloads: then data-prep works offline too.
 */
async function expectedFiles(download: HubDownload): Promise<ExpectedFile[]> {
  const { repo, revision, paths, folder } = download;
  const recordPath = join(folder, 'hub-files.json');
  const recorded = await readRecord(recordPath);
  if (recorded?.repo === repo && recorded.revision === revision) {
    const known = paths.map((path) => recorded.files.find((file) => file.path === path));
    if (known.every((file) => file !== undefined)) return known;
  }
  const answer = await pathsInfo({ ...hubRequest(download), paths: [...paths] });
  const files = paths.map((path) => {
    const info = answer.find((item) => item.path === path && item.type === 'file');
    if (!info) throw missingFile(path, repo, revision);
    return expectedFile(info);
  });
  await writeFileAtomic(recordPath, `${JSON.stringify({ repo, revision, files }, null, 1)}\n`);
  return files;
}

function expectedFile({ path, size, oid, lfs }: PathInfo): ExpectedFile {
  if (lfs) return { path, size: lfs.size, digest: { algorithm: 'sha256', hex: lfs.oid } };
  return { path, size, digest: { algorithm: 'git-sha1', hex: oid ?? '' } };
}

/** @returns undefined where there is no record, or none that can be read: the hub is then asked again */
async function readRecord(path: string): Promise<z.infer<typeof recordSchema> | undefined> {
  try {
    return recordSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function missingFile(path: string, repo: string, revision: string): UserError {
  return new UserError(
    `Hub data set ${repo} has no ${path} at ${revision.slice(0, 8)}: correct data.hub.repo or data.hub.revision`,
  );
}

function hubRequest({ repo, revision, access }: HubDownload) {
  return {
    repo: { type: 'dataset' as const, name: repo },
    revision,
    ...(access.hubUrl ? { hubUrl: access.hubUrl } : {}),
    ...(access.accessToken ? { accessToken: access.accessToken } : {}),
  };
}
