import { readFile } from 'node:fs/promises';
import { InvalidApiResponseFormatError, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { writeFileAtomic } from '../system/files.ts';
import { withFileLock } from './file-lock.ts';
import { hubTrouble, isUnreachable } from './hub-errors.ts';
import { type HubTarget, hostOf, insist, isCommit, libraryOptions, type Patience } from './hub-request.ts';
import type { RetryPolicy } from './retry.ts';

/**
 * The commit for which a model's branch or tag stands.
 *
 * The hub is asked each time, since a branch moves; its answer is remembered in `recordPath`. Where the hub cannot be
 * reached, the remembered commit is taken, and a warning says so: a run that worked once works offline. A warning says
 * too when a branch has moved. Whoever wants the same file for ever names a full commit: then nothing is asked.
 * @throws the errors of `insist`: the hub knows no such revision, or cannot be reached and nothing is remembered
 */
export async function resolveRevision(
  target: HubTarget,
  recordPath: string,
  patience: Patience,
): Promise<string> {
  const { repo, revision, advice } = target;
  if (isCommit(revision)) return revision;
  const remembered = (await readCommits(recordPath)).get(revision);
  try {
    const retries = remembered === undefined ? patience.retries : onceMore(patience.retries);
    const commit = await insist(() => askForCommit(target), { ...patience, retries });
    if (commit === remembered) return commit;
    if (remembered !== undefined) {
      patience.log.warn(
        `${revision} of ${repo.name} has moved from ${remembered} to ${commit}, which is used; to keep the old one, write it as the revision in ${advice.address}`,
      );
    }
    await withFileLock(recordPath, async () => {
      const commits = (await readCommits(recordPath)).set(revision, commit);
      await writeFileAtomic(recordPath, `${JSON.stringify(Object.fromEntries(commits), null, 1)}\n`);
    });
    return commit;
  } catch (error) {
    if (remembered === undefined || !isUnreachable(error)) throw error;
    patience.log.warn(
      `Cannot ask ${hostOf(target)} for ${revision} of ${repo.name}: ${hubTrouble(error)}; its commit of the last time is used, ${remembered}`,
    );
    return remembered;
  }
}

/** There is a way on without the hub: it is not worth a long wait. */
function onceMore({ attempts, firstDelayMs }: RetryPolicy): RetryPolicy {
  return { attempts: Math.min(attempts, 2), firstDelayMs };
}

async function askForCommit(target: HubTarget): Promise<string> {
  const { sha } = await modelInfo({
    ...libraryOptions(target),
    name: target.repo.name,
    additionalFields: ['sha'],
  });
  if (!isCommit(sha)) throw new InvalidApiResponseFormatError('Expected a commit');
  return sha;
}

const commitsSchema = z.record(z.string(), z.string().refine(isCommit));

/** @returns nothing where there is no record, or none that can be read: the hub is then asked again */
async function readCommits(path: string): Promise<Map<string, string>> {
  try {
    return new Map(Object.entries(commitsSchema.parse(JSON.parse(await readFile(path, 'utf8')))));
  } catch {
    return new Map();
  }
}
