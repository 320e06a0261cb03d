import { stat } from 'node:fs/promises';
import { UserError } from '../system/errors.ts';
import { sha256File } from '../system/files.ts';
import { isHubReference, parseHubReference } from '../system/hub-reference.ts';
import { bringFromHub } from './download-from-hub.ts';
import { type HubAccess, hubAccessFromEnvironment } from './hub-access.ts';
import { repoCache } from './hub-cache.ts';
import { explainFailure, type HubContext, type HubTarget, patienceOf } from './hub-request.ts';
import { resolveRevision } from './resolve-revision.ts';

/** A file on the disk, and where it is from. */
export interface FetchedFile {
  path: string;
  /** The path as it was given, or a reference with the full commit, which names the same bytes for ever. */
  source: string;
  /** Lower-case hex. */
  sha256: string;
}

export interface FetchOptions extends HubContext {
  /** The key of params.yaml that holds the place, for messages. */
  key: string;
  /** That of the environment if not given. */
  access?: HubAccess;
}

/**
 * Has a file on the disk that is named by a local path, which is taken as it stands (`~` means nothing), or by a
 * reference to a model on the hub: `hf://owner/repo[@revision][/file]`.
 *
 * From the hub it is downloaded once, into the cache that Hugging Face's programs share, resumed, retried and checked. `@<full commit>` is
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
  const { key, access = hubAccessFromEnvironment() } = options;
  const { repo, revision, file } = parseHubReference(place);
  const advice = { repo: key, address: key, instead: `set ${key} to the path of a file that you have` };
  const target: HubTarget = { repo: { type: 'model', name: repo }, revision, access, advice };
  const cache = repoCache(target.repo, access);
  const commit = await resolveRevision(target, cache, patienceOf(options)).catch((error: unknown) => {
    throw explainFailure(error, file, target);
  });
  const [found] = await bringFromHub({ ...target, revision: commit, paths: [file] }, options);
  // Safe: one file for each path.
  const { path, digest } = found!;
  const sha256 = digest?.algorithm === 'sha256' ? digest.hex : await sha256File(path);
  return { path, source: `hf://${repo}@${commit}/${file}`, sha256 };
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
