/**
 * The cache of Python's `huggingface_hub`, one folder for each repository:
 *
 *     datasets--owner--name/refs/<branch or tag>           text: the commit for which it stands
 *     datasets--owner--name/blobs/<sha256 or git's hash>   contents, named by what they must hash to
 *     datasets--owner--name/snapshots/<commit>/<path>      link into blobs; a copy where links are impossible
 *     .locks/datasets--owner--name/                        who is downloading what
 *
 * https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 *
 * Both programs put a blob in place by renaming, so either may find it there at any time. While a file is on its way,
 * names are apart: Python's are `<hash>.incomplete`, to which older versions append under a `flock` on `<hash>.lock`
 * that Node cannot take, and `<hash>.<8 random digits>.incomplete` (its pull request 4306). With names of our own,
 * neither ever writes to a file of the other; at worst both download the same. Ours end in `.incomplete` too, so that
 * `hf cache prune` tidies them up.
 */
import { copyFile, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { UsageError } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { HubAccess } from './hub-access.ts';
import { type HubRepo, isCommit } from './hub-request.ts';

/** Where the cache has the files of one repository. */
export interface RepoCache {
  /** Absolute path. */
  folder: string;
  locks: string;
  symlinks: boolean;
}

export function repoCache(repo: HubRepo, { cacheFolder, symlinks }: HubAccess): RepoCache {
  const name = [`${repo.type}s`, ...repo.name.split('/')].join('--');
  return { folder: join(cacheFolder, name), locks: join(cacheFolder, '.locks', name), symlinks };
}

/** Where programs look for a file of a commit. */
export function snapshotPath(cache: RepoCache, commit: string, path: string): string {
  return join(cache.folder, 'snapshots', commit, path);
}

/** Where the content with a hash lies. */
export function blobPath(cache: RepoCache, hash: string): string {
  return join(cache.folder, 'blobs', hash);
}

/** Where content gathers until it is whole; other content never continues it. */
export function partPath(cache: RepoCache, hash: string): string {
  return join(cache.folder, 'blobs', `${hash}.aerial.incomplete`);
}

/** What to lock (`withFileLock`) before anything is written about the content with a hash. */
export function lockedPath(cache: RepoCache, hash: string): string {
  return join(cache.locks, `${hash}.aerial`);
}

/**
 * Makes a blob appear in a snapshot, in place of what was there. The caller holds its lock.
 * @param path as `snapshotPath` gives it
 */
export async function putIntoSnapshot(cache: RepoCache, hash: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const blob = blobPath(cache, hash);
  // Aside first: who looks meanwhile finds the old or the new. The part is free, since its blob is there.
  const aside = partPath(cache, hash);
  await rm(aside, { force: true });
  if (!(cache.symlinks && (await tryLink(relative(dirname(path), blob), aside)))) {
    await copyFile(blob, aside);
  }
  await rename(aside, path);
}

/** @returns false where links are impossible, as on exFAT */
async function tryLink(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path);
    return true;
  } catch {
    return false;
  }
}

/** The commit for which a branch or tag stood the last time; undefined where none is known. */
export async function readRef(cache: RepoCache, revision: string): Promise<string | undefined> {
  try {
    const commit = (await readFile(refPath(cache, revision), 'utf8')).trim();
    return isCommit(commit) ? commit : undefined;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return undefined;
  }
}

export async function writeRef(cache: RepoCache, revision: string, commit: string): Promise<void> {
  await writeFileAtomic(refPath(cache, revision), commit);
}

/** @throws UsageError where the revision would lead out of the folder */
function refPath(cache: RepoCache, revision: string): string {
  if (revision.split('/').some((part) => ['', '.', '..'].includes(part))) {
    throw new UsageError(`A revision must be a commit, branch or tag, got ${JSON.stringify(revision)}`);
  }
  return join(cache.folder, 'refs', revision);
}
