import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../system/errors.ts';
import { sha256File } from '../system/files.ts';
import { isHubReference, parseHubReference } from '../system/hub-reference.ts';
import type { Log } from '../system/log.ts';
import { downloadFromHub } from './download-from-hub.ts';
import { type HubAccess, hubAccessFromEnvironment } from './hub-access.ts';
import { explainFailure, type HubTarget } from './hub-request.ts';
import { resolveRevision } from './resolve-revision.ts';
import { NETWORK_RETRIES, type RetryPolicy } from './retry.ts';

/** A file on the disk, and where it is from. */
export interface FetchedFile {
  path: string;
  /** The path as it was given, or a reference with the full commit, which names the same bytes for ever. */
  source: string;
  /** Lower-case hex. */
  sha256: string;
}

export interface FetchOptions {
  /** The key of params.yaml that holds the place, for messages. */
  key: string;
  /** For downloads: a file lands in `<folder>/<owner>/<repo>/<commit>/<file>`. */
  folder: string;
  log: Log;
  /** That of the environment if not given. */
  access?: HubAccess;
  retries?: RetryPolicy;
}

/**
 * Has a file on the disk that is named by a local path, which is taken as it stands (`~` means nothing), or by a
 * reference to a model on the hub: `hf://owner/repo[@revision][/file]`.
 *
 * From the hub it is downloaded once for each commit, resumed, retried and checked by its hash. `@<full commit>` is
 * the same file for ever, and needs no network once it is there. For a branch or tag (`main` if none is named) the hub
 * is asked each time what it stands for; without a way to the hub the commit of the last time is used, and a warning
 * says so. `source` has the commit: it can be written into params.yaml to stay with it.
 * @param place path or reference
 * @throws UserError in one line: no such file here or there, no access, no network, wrong hash; UsageError where the
 *   reference is none
 */
export async function fetchFile(place: string, options: FetchOptions): Promise<FetchedFile> {
  return isHubReference(place) ? fetchFromHub(place, options) : findLocally(place, options.key);
}

async function fetchFromHub(place: string, options: FetchOptions): Promise<FetchedFile> {
  const { key, log, access = hubAccessFromEnvironment(), retries = NETWORK_RETRIES } = options;
  const { repo, revision, file } = parseHubReference(place);
  const advice = { repo: key, address: key, instead: `set ${key} to the path of a file that you have` };
  const target: HubTarget = { repo: { type: 'model', name: repo }, revision, access, advice };
  const repoFolder = join(options.folder, ...repo.split('/'));
  const commit = await resolveRevision(target, join(repoFolder, 'revisions.json'), { log, retries }).catch(
    (error: unknown) => {
      throw explainFailure(error, file, target);
    },
  );
  const folder = join(repoFolder, commit);
  const [found] = await downloadFromHub({ ...target, revision: commit, paths: [file], folder }, log, retries);
  const path = join(folder, file);
  // Safe: one file for each path.
  const { algorithm, hex } = found!.digest;
  return {
    path,
    source: `hf://${repo}@${commit}/${file}`,
    sha256: algorithm === 'sha256' ? hex : await sha256File(path),
  };
}

async function findLocally(path: string, key: string): Promise<FetchedFile> {
  try {
    if ((await stat(path)).isFile()) return { path, source: path, sha256: await sha256File(path) };
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${reasonOf(error, path)}; correct ${key}`, { cause: error });
  }
  throw new UserError(`Cannot read ${path}: it is no file; name the file itself in ${key}`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission denied',
};

function reasonOf(error: unknown, path: string): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const hint = path.startsWith('~') ? ' (~ is not expanded here: write the whole path)' : '';
  return (REASONS[code] ?? message) + hint;
}
