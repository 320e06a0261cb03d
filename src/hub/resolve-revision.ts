import { InvalidApiResponseFormatError, modelInfo } from '@huggingface/hub';
import { type RepoCache, readRef, writeRef } from './hub-cache.ts';
import { hubTrouble, isUnreachable, OfflineError } from './hub-errors.ts';
import { type HubTarget, hostOf, insist, isCommit, libraryOptions, type Patience } from './hub-request.ts';
import type { RetryPolicy } from './retry.ts';

/**
 * The commit for which a model's branch or tag stands.
 *
 * The hub is asked each time, since a branch moves; its answer is kept in the cache's `refs`. Where the hub cannot be
 * reached, the commit of the last time is taken, and a warning says so: a run that worked once works offline. A warning
 * says too when a branch has moved. Whoever wants the same file for ever names a full commit: then nothing is asked.
 * @throws the errors of `insist`: the hub knows no such revision, or cannot be reached and no commit is known
 */
export async function resolveRevision(
  target: HubTarget,
  cache: RepoCache,
  patience: Patience,
): Promise<string> {
  const { repo, revision, access, advice } = target;
  if (isCommit(revision)) return revision;
  const known = await readRef(cache, revision);
  if (access.offline) {
    if (known === undefined) throw new OfflineError(`its commit is not in ${cache.folder}`);
    return known;
  }
  try {
    const retries = known === undefined ? patience.retries : onceMore(patience.retries);
    const commit = await insist(() => askForCommit(target, patience), { ...patience, retries });
    if (commit === known) return commit;
    if (known !== undefined) {
      patience.log.warn(
        `${revision} of ${repo.name} has moved from ${known} to ${commit}, which is used; to keep the old one, write it as the revision in ${advice.address}`,
      );
    }
    await writeRef(cache, revision, commit).catch(() =>
      patience.log.warn(
        `Cannot write into ${cache.folder}: without network, the commit of ${revision} will not be known`,
      ),
    );
    return commit;
  } catch (error) {
    if (known === undefined || !isUnreachable(error)) throw error;
    patience.log.warn(
      `Cannot ask ${hostOf(target)} for ${revision} of ${repo.name}: ${hubTrouble(error)}; its commit of the last time is used, ${known}`,
    );
    return known;
  }
}

/** There is a way on without the hub: it is not worth a long wait. */
function onceMore(retries: RetryPolicy): RetryPolicy {
  return { ...retries, attempts: Math.min(retries.attempts, 2) };
}

async function askForCommit(target: HubTarget, patience: Patience): Promise<string> {
  const { sha } = await modelInfo({
    ...libraryOptions(target, patience),
    name: target.repo.name,
    additionalFields: ['sha'],
  });
  if (!isCommit(sha)) throw new InvalidApiResponseFormatError('Expected a commit');
  return sha;
}
