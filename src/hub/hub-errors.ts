import { InvalidApiResponseFormatError } from '@huggingface/hub';
import { UserError } from '../system/errors.ts';

/** An answer of the hub, or of the store behind it, that is not the wanted one. */
export class HubStatusError extends Error {
  readonly statusCode: number;
  /** The hub's own word for it, as "RevisionNotFound"; null where it gives none. */
  readonly errorCode: string | null;
  /** How long it asks to be left alone; 0 where it does not. */
  readonly retryAfterMs: number;

  constructor(statusCode: number, errorCode: string | null, retryAfterMs = 0) {
    super(`HTTP status ${statusCode}`);
    this.statusCode = statusCode;
    this.errorCode = errorCode;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The whole file has not come: the connection ended early, an older piece does not fit, or another process interfered. */
export class IncompleteDownloadError extends Error {}

/** A file that only the hub could bring, while `HF_HUB_OFFLINE` forbids to ask it. */
export class OfflineError extends Error {}

/** How the user mends what goes wrong, in the names of the params that led to the hub. */
export interface HubAdvice {
  /** Names the repository: "data.hub.repo". */
  repo: string;
  /** Names repository, revision and file: "data.hub.repo or data.hub.revision". */
  address: string;
  /** What to do without the hub: "set data.source to local and …". */
  instead: string;
}

/** Worth another try: network trouble, 408 Request Timeout, 429 Too Many Requests, 5xx. */
export function isTransient(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status === 408 || status === 429 || status >= 500;
  return isNetworkError(error);
}

/** Whether no hub has spoken: there is no way to it, it is out of order, or somebody else answers. */
export function isUnreachable(error: unknown): boolean {
  return isTransient(error) || isForeignAnswer(error);
}

/**
 * What went wrong between us and the hub, in a few words.
 * @returns undefined where it is nothing of that kind
 */
export function hubTrouble(error: unknown): string | undefined {
  if (error instanceof HubStatusError) return `${nameOf(error)} (HTTP status ${error.statusCode})`;
  if (error instanceof IncompleteDownloadError) return error.message;
  if (isTimeout(error)) return 'it does not answer';
  if (isNetworkError(error)) return `the connection failed (${rootCause(error)})`;
  if (isForeignAnswer(error)) return 'its answer is not that of a hub';
  return undefined;
}

/**
 * One line for the user: what failed, which host, how to mend it. Any other error is returned as it is.
 * @param what e.g. "data/train.zip of owner/name at 9d6cd89e"
 */
export function explainHubError(error: unknown, what: string, host: string, advice: HubAdvice): unknown {
  if (error instanceof OfflineError) {
    return new UserError(
      `Cannot download ${what}: ${error.message}, and HF_HUB_OFFLINE forbids to ask the hub; unset it, or ${advice.instead}`,
      { cause: error },
    );
  }
  const trouble = hubTrouble(error);
  if (trouble === undefined) return error;
  return new UserError(`Cannot download ${what} from ${host}: ${trouble}; ${mend(error, advice)}`, {
    cause: error,
  });
}

const DISK_TROUBLE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the disk quota is used up: free some space',
  EACCES: 'permission denied: make it accessible for this user',
  EPERM: 'not permitted: make it accessible for this user',
  EROFS: 'the file system is read-only: make it writable',
  EEXIST: 'a file is in the way: remove it',
  ENOTDIR: 'a file is in the way: remove it',
  EIO: 'the disk fails: replace it',
};

/**
 * One line for the user about trouble of the disk that holds the cache; any other error is returned as it is.
 * @param folder named where the error does not say what it is about
 */
export function explainCacheError(error: unknown, folder: string): unknown {
  const { code = '', path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  const trouble = DISK_TROUBLE[code];
  if (trouble === undefined) return error;
  return new UserError(
    `Cannot use the Hugging Face cache at ${dest ?? path ?? folder}: ${trouble}, or set HF_HOME to another folder`,
    { cause: error },
  );
}

/** By the hub's header X-Error-Code. */
const CODE_NAMES: Readonly<Record<string, string>> = {
  RepoNotFound: 'no such repository',
  RevisionNotFound: 'no such revision',
  EntryNotFound: 'no such file',
  GatedRepo: 'access denied, the repository is gated',
};

const STATUS_NAMES: Readonly<Record<number, string>> = {
  // To those without a token the hub does not say whether a repository exists.
  401: 'access denied, or no such repository',
  403: 'access denied',
  404: 'not found',
  429: 'too many requests',
};

function nameOf({ statusCode, errorCode }: HubStatusError): string {
  const isVague = statusCode === 401 && errorCode !== 'GatedRepo';
  const name = isVague ? undefined : CODE_NAMES[errorCode ?? ''];
  return name ?? STATUS_NAMES[statusCode] ?? (statusCode >= 500 ? 'the server failed' : 'the server refuses');
}

function mend(error: unknown, advice: HubAdvice): string {
  const status = statusOf(error);
  const code = error instanceof HubStatusError ? error.errorCode : null;
  if (code === 'GatedRepo') {
    return `accept its terms on its page and set HF_TOKEN to a token of yours, or correct ${advice.repo}`;
  }
  // A private repository does not exist for those who may not read it.
  if (status === 401 || status === 403 || code === 'RepoNotFound') {
    return `correct ${advice.repo}, or set HF_TOKEN to a token that may read it`;
  }
  if (status === 404) return `correct ${advice.address}`;
  if (isForeignAnswer(error)) return 'correct HF_ENDPOINT, or sign in to the network first';
  return `check the network and try again later, set HF_ENDPOINT to a mirror, or ${advice.instead}`;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof HubStatusError ? error.statusCode : undefined;
}

/** `fetch` reports every trouble with the network as a TypeError with one of these messages. */
function isNetworkError(error: unknown): boolean {
  if (error instanceof IncompleteDownloadError || isTimeout(error)) return true;
  return error instanceof TypeError && /^(fetch failed|terminated)$/.test(error.message);
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

/** Answers without the form of the hub's: a page to sign in, another service under that name. */
function isForeignAnswer(error: unknown): boolean {
  if (error instanceof InvalidApiResponseFormatError || error instanceof SyntaxError) return true;
  // What the library throws, as a plain Error, where a list is due.
  return error instanceof Error && error.message === 'malformed response: expected array';
}

function rootCause(error: unknown): string {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? cause?.message ?? (error as Error).message;
}
