import { HubApiError, InvalidApiResponseFormatError } from '@huggingface/hub';
import { UserError } from '../../system/errors.ts';
import { explainDiskError } from '../../system/files.ts';

/** An answer of the hub, or of the store behind it, that is not the wanted one. */
export class HubStatusError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number) {
    super(`HTTP status ${statusCode}`);
    this.statusCode = statusCode;
  }
}

/** The whole file has not come: the connection ended early, or an older piece does not fit. */
export class IncompleteDownloadError extends Error {}

/** Worth another try: network trouble, 408 Request Timeout, 429 Too Many Requests, 5xx. */
export function isTransient(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status === 408 || status === 429 || status >= 500;
  return isNetworkError(error);
}

/**
 * What went wrong between us and the hub, in a few words.
 * @returns undefined where it is nothing of that kind
 */
export function hubTrouble(error: unknown): string | undefined {
  const status = statusOf(error);
  if (status !== undefined) return `${STATUS_NAMES[status] ?? 'the server failed'} (HTTP status ${status})`;
  if (error instanceof IncompleteDownloadError) return error.message;
  if (isNetworkError(error)) return `the connection failed (${rootCause(error)})`;
  if (error instanceof InvalidApiResponseFormatError || error instanceof SyntaxError) {
    return 'its answer is not that of a hub';
  }
  return undefined;
}

/**
 * One line for the user: what failed, which host, how to mend it. Trouble of the disk is explained too; any other
 * error is returned as it is.
 * @param what e.g. "data/train.zip of owner/name at 9d6cd89e"
 */
export function explainHubError(error: unknown, what: string, host: string): unknown {
  const trouble = hubTrouble(error);
  if (trouble === undefined) return explainDiskError(error, what);
  return new UserError(`Cannot download ${what} from ${host}: ${trouble}; ${adviceFor(error)}`, {
    cause: error,
  });
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  401: 'access denied',
  403: 'access denied',
  404: 'not found',
  429: 'too many requests',
};

function adviceFor(error: unknown): string {
  const status = statusOf(error);
  if (status === 401 || status === 403) {
    return 'correct data.hub.repo, or set HF_TOKEN to a token that may read it';
  }
  if (status === 404) return 'correct data.hub.repo or data.hub.revision';
  if (status === undefined && !isNetworkError(error)) {
    return 'correct HF_ENDPOINT, or sign in to the network first';
  }
  return 'check the network and try again later, set HF_ENDPOINT to a mirror, or set data.source to local and data.path to a folder with data/train.zip';
}

function statusOf(error: unknown): number | undefined {
  return error instanceof HubApiError || error instanceof HubStatusError ? error.statusCode : undefined;
}

/** `fetch` reports every trouble with the network as a TypeError with one of these messages. */
function isNetworkError(error: unknown): boolean {
  if (error instanceof IncompleteDownloadError) return true;
  return error instanceof TypeError && /^(fetch failed|terminated)$/.test(error.message);
}

function rootCause(error: unknown): string {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? cause?.message ?? (error as Error).message;
}
