import { UsageError } from '../system/errors.ts';

/** How to reach the Hugging Face Hub. */
export interface HubAccess {
  /** Without a slash at its end; undefined = the public hub. */
  hubUrl: string | undefined;
  /** For private or gated repositories; undefined = as anybody. */
  accessToken: string | undefined;
}

/**
 * `HF_ENDPOINT` (a mirror instead of the public hub) and `HF_TOKEN`, the names that Hugging Face's Python tools read.
 * `@huggingface/hub` reads neither by itself. An empty variable counts as not set.
 */
export function hubAccessFromEnvironment(environment: NodeJS.ProcessEnv = process.env): HubAccess {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: accessToken } = environment;
  if (endpoint && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw new UsageError(`HF_ENDPOINT must be a URL that begins with https:// or http://, got "${endpoint}"`);
  }
  if (accessToken && !accessToken.startsWith('hf_')) {
    // The value is a secret, even a wrong one: only its length is shown.
    throw new UsageError(
      `HF_TOKEN must start with "hf_", got another text of ${accessToken.length} characters: copy the token again, or unset HF_TOKEN (public data needs none)`,
    );
  }
  return { hubUrl: endpoint?.replace(/\/+$/, '') || undefined, accessToken: accessToken || undefined };
}
