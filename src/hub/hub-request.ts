/** What the requests to the hub have in common: about what, how often, and what is said of trouble. */
import { HUB_URL } from '@huggingface/hub';
import type { Log } from '../system/log.ts';
import type { HubAccess } from './hub-access.ts';
import {
  explainCacheError,
  explainHubError,
  type HubAdvice,
  HubStatusError,
  hubTrouble,
  isTransient,
} from './hub-errors.ts';
import { NETWORK_RETRIES, type RetryPolicy, withRetries } from './retry.ts';
import { retryAfterMs } from './retry-after.ts';

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

/** Who hears of failed tries, how many there are, and who may end them. */
export interface Patience {
  log: Log;
  retries: RetryPolicy;
  signal: AbortSignal;
}

/** `Patience` with what has a default left out. */
export interface HubContext {
  log: Log;
  /** Ends the work in good order: what has come so far is kept. */
  signal?: AbortSignal | undefined;
  retries?: RetryPolicy | undefined;
}

export function patienceOf({ log, signal, retries }: HubContext): Patience {
  return { log, retries: retries ?? NETWORK_RETRIES, signal: signal ?? new AbortController().signal };
}

/** Whether a revision is a full commit hash, which names the same files for ever. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** A revision as messages show it. */
export function shortRevision(revision: string): string {
  return isCommit(revision) ? revision.slice(0, 8) : revision;
}

/** What the functions of the hub's library are called with. Their answers are short: they come soon, or not at all. */
export function libraryOptions({ repo, revision, access }: HubTarget, { signal, retries }: Patience) {
  const briefFetch: typeof fetch = (input, init) =>
    hubFetch(input, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(retries.silenceMs)]) });
  return {
    repo,
    revision,
    fetch: briefFetch,
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
  const { status, headers } = response;
  throw new HubStatusError(status, headers.get('X-Error-Code'), retryAfterMs(headers));
}

/** Repeats `work`, as `withRetries` does, while the trouble with the hub may pass. */
export async function insist<T>(
  work: (progressed: () => void) => Promise<T>,
  { log, retries, signal }: Patience,
): Promise<T> {
  const failures = {
    isTransient,
    wantedDelayMs: (error: unknown) => (error instanceof HubStatusError ? error.retryAfterMs : 0),
    onRetry: (error: unknown, delayMs: number) =>
      log.warn(`Download: ${hubTrouble(error)}; next try in ${delayMs / 1000} s`),
  };
  return withRetries(retries, work, failures, signal);
}

/**
 * One line for the user about an error of `insist`.
 * @param path of the file, or files, that do not come
 */
export function explainFailure(error: unknown, path: string, target: HubTarget): unknown {
  const what = `${path} of ${target.repo.name} at ${shortRevision(target.revision)}`;
  const ofDisk = explainCacheError(error, target.access.cacheFolder);
  return explainHubError(ofDisk, what, hostOf(target), target.advice);
}

export function hostOf({ access }: HubTarget): string {
  return new URL(access.hubUrl ?? HUB_URL).host;
}
