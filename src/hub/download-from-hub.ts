import { bringFile } from './bring-file.ts';
import { type CachedFile, lookUp } from './cached-file.ts';
import { type Digest, sizeOf } from './digest.ts';
import { askForFiles, type ExpectedFile } from './expected-files.ts';
import { partPath, repoCache, snapshotPath } from './hub-cache.ts';
import { isUnreachable, OfflineError } from './hub-errors.ts';
import {
  explainFailure,
  type HubContext,
  type HubTarget,
  hostOf,
  type Patience,
  patienceOf,
} from './hub-request.ts';
import { inParallel } from './in-parallel.ts';
import { createDownloadProgress } from './progress.ts';

/** The revision is a full commit hash. */
export interface HubDownload extends HubTarget {
  /** In the repository, as `data/train.zip`. */
  paths: readonly string[];
}

/** A file in the cache. */
export interface LocalFile {
  /** Absolute. */
  path: string;
  /** What its bytes were found to hash to, as they should; null where nobody could say what they should. */
  digest: Digest | null;
}

/** Downloads at a time: enough to fill a line, few enough for the hub's limits. */
const PARALLEL = 4;

/**
 * Has files of a hub repository in the cache that the programs of this machine share (`HubAccess.cacheFolder`): a few
 * downloads at a time, resumed where an earlier run was cut off, checked against the hub's hashes, retried while the
 * trouble may pass. What is there already is read and checked; when all is right, the network is not touched. Several
 * calls at once, here or in other processes, download a file once: the others wait. The first failure ends the other
 * downloads, and so does the signal; what has come is kept.
 * @returns local paths in the order of `paths`: links to contents that other programs may use too, only to be read
 * @throws UserError in one line: what failed, which host, how to mend it; the signal's reason when it is aborted
 */
export async function downloadFromHub(download: HubDownload, context: HubContext): Promise<string[]> {
  return (await bringFromHub(download, context)).map(({ path }) => path);
}

/** As `downloadFromHub`, with the files' hashes. */
export async function bringFromHub(download: HubDownload, context: HubContext): Promise<LocalFile[]> {
  const patience = patienceOf(context);
  const found = await lookUpAll(download, patience);
  const wanted = download.paths.filter((_, i) => found[i]!.state !== 'right');
  const expected = wanted.length > 0 ? await learnExpected(download, found, patience) : [];
  await downloadAll(download, expected, patience);
  const cache = repoCache(download.repo, download.access);
  return download.paths.map((path, i) => {
    const cached = found[i]!;
    const digest =
      cached.state === 'right' ? cached.digest : expected.find((file) => file.path === path)?.digest;
    return { path: snapshotPath(cache, download.revision, path), digest: digest ?? null };
  });
}

/** What the cache has of each path. */
async function lookUpAll(download: HubDownload, { log, signal }: Patience): Promise<CachedFile[]> {
  const cache = repoCache(download.repo, download.access);
  const found: CachedFile[] = [];
  for (const path of download.paths) {
    const inPlace = snapshotPath(cache, download.revision, path);
    const cached = await lookUp(cache, inPlace, signal).catch((error: unknown) => {
      throw explainFailure(error, path, download);
    });
    if (cached.state === 'right') log.info(`${path} is in the cache, its hash is right (${inPlace})`);
    if (cached.state === 'damaged') log.warn(`${inPlace} is damaged, it is to be downloaded again`);
    found.push(cached);
  }
  return found;
}

/**
 * Sizes and hashes of the files that the cache could not prove right.
 * @returns nothing where the hub cannot be asked, but all are there and may be right
 */
async function learnExpected(
  download: HubDownload,
  found: readonly CachedFile[],
  patience: Patience,
): Promise<ExpectedFile[]> {
  const { paths, access } = download;
  const wanted = paths.filter((_, i) => found[i]!.state !== 'right');
  const missing = paths.filter((_, i) => ['absent', 'damaged'].includes(found[i]!.state));
  try {
    if (access.offline) throw new OfflineError(`not in ${access.cacheFolder} as it should be`);
    return await askForFiles(download, wanted, patience);
  } catch (error) {
    const isOutOfReach = error instanceof OfflineError || isUnreachable(error);
    if (missing.length > 0 || !isOutOfReach) {
      throw explainFailure(error, (access.offline ? missing : wanted).join(', '), download);
    }
    patience.log.warn(
      `${wanted.join(', ')} of ${download.repo.name}: used as found in ${access.cacheFolder}; only ${hostOf(download)}, which cannot be asked, could say whether it is right`,
    );
    return [];
  }
}

async function downloadAll(
  download: HubDownload,
  files: readonly ExpectedFile[],
  patience: Patience,
): Promise<void> {
  if (files.length === 0) return;
  const cache = repoCache(download.repo, download.access);
  const starting = files.map(async ({ path, size, digest }) => {
    const startBytes = Math.min(size, Math.max(0, await sizeOf(partPath(cache, digest.hex))));
    return { path, totalBytes: size, startBytes };
  });
  const progress = createDownloadProgress(await Promise.all(starting), patience.log);
  try {
    await inParallel(files, PARALLEL, patience.signal, async (file, signal) => {
      const onBytes = (bytes: number) => progress.update(file.path, bytes);
      await bringFile(download, file, onBytes, { ...patience, log: progress.log, signal }).catch(
        (error: unknown) => {
          throw explainFailure(error, file.path, download);
        },
      );
    });
  } finally {
    progress.stop();
  }
}
