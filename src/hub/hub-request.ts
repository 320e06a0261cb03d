/** What the requests to the hub have in common: about what, how often, and what is said of trouble. */
import { HUB_URL } from '@huggingface/hub';
import type { Log } from '../system/log.ts';
import type { HubAccess } from './hub-access.ts';
import { explainHubError, type HubAdvice, HubStatusError, hubTrouble, isTransient } from './hub-errors.ts';
import { type RetryPolicy, withRetries } from './retry.ts';

export interface HubRepo {
  type: 'dataset' | 'model';
  /** owner/name */
  name: string;
}

/** A state of a repository, and the way to it. */
export interface HubTarget {
  repo: HubRepo;
  /** Full commit hash: the same files for ever; or a branch or tag. */
  revision: string;
  access: HubAccess;
  advice: HubAdvice;
}

/** Who hears of failed tries, and how many there are. */
export interface Patience {
  log: Log;
  retries: RetryPolicy;
}

/** Whether a revision is a full commit hash, which names the same files for ever. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** A revision as messages show it. */
export function shortRevision(revision: string): string {
  return isCommit(revision) ? revision.slice(0, 8) : revision;
}

/** What the functions of the hub's library are called with. */
export function libraryOptions({ repo, revision, access }: HubTarget) {
  return {
    repo,
    revision,
    fetch: hubFetch,
    ...(access.hubUrl ? { hubUrl: access.hubUrl } : {}),
    ...(access.accessToken ? { accessToken: access.accessToken } : {}),
  };
}

/**
 * As `fetch`, for answers that are wanted.
 * @throws HubStatusError for all others. It has the hub's own word for the reason, which the library does not pass on
 */
export async function hubFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  if (response.ok) return response;
  await response.body?.cancel();
  throw new HubStatusError(response.status, response.headers.get('X-Error-Code'));
}

/** Repeats `work`, as `withRetries` does, while the trouble with the hub may pass. */
export async function insist<T>(
  work: (progressed: () => void) => Promise<T>,
  { log, retries }: Patience,
): Promise<T> {
  return withRetries(retries, work, isTransient, (error, delayMs) =>
    log.warn(`Download: ${hubTrouble(error)}; next try in ${delayMs / 1000} s`),
  );
}

/**
 * One line for the user about an error of `insist`.
 * @param path of the file, or files, that do not come
 */
export function explainFailure(error: unknown, path: string, target: HubTarget): unknown {
  const what = `${path} of ${target.repo.name} at ${shortRevision(target.revision)}`;
  return explainHubError(error, what, hostOf(target), target.advice);
}

export function hostOf({ access }: HubTarget): string {
  return new URL(access.hubUrl ?? HUB_URL).host;
}
