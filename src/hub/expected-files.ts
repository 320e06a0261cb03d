import { InvalidApiResponseFormatError, type PathInfo, pathsInfo } from '@huggingface/hub';
import { UserError } from '../system/errors.ts';
import { type Digest, digestNamed } from './digest.ts';
import { type HubTarget, insist, libraryOptions, type Patience, shortRevision } from './hub-request.ts';

export interface ExpectedFile {
  /** Path in the repository. */
  path: string;
  /** Bytes. */
  size: number;
  digest: Digest;
}

/**
 * Asks the hub for sizes and hashes of files.
 * @returns in the order of `paths`
 * @throws UserError where the repository has no such file; the errors of `insist`
 */
export async function askForFiles(
  target: HubTarget,
  paths: readonly string[],
  patience: Patience,
): Promise<ExpectedFile[]> {
  const options = { ...libraryOptions(target, patience), paths: [...new Set(paths)] };
  return insist(async () => {
    const answer = await pathsInfo(options);
    return paths.map((path) => expectedFile(path, answer, target));
  }, patience);
}

const REPO_NAMES = { dataset: 'data set', model: 'model' } as const;

function expectedFile(path: string, answer: readonly PathInfo[], target: HubTarget): ExpectedFile {
  const info = answer.find((item) => item.path === path && item.type === 'file');
  if (!info) {
    const { repo, revision, advice } = target;
    throw new UserError(
      `Hub ${REPO_NAMES[repo.type]} ${repo.name} has no ${path} at ${shortRevision(revision)}: correct ${advice.address}`,
    );
  }
  const { size, oid = '' } = info.lfs ?? info;
  const digest = digestNamed(oid);
  // The hash becomes a file's name: no text of a server may lead out of the folder.
  if (!digest) throw new InvalidApiResponseFormatError('Expected a hash');
  return { path, size, digest };
}
