import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../system/errors.ts';

/** How to reach the Hugging Face Hub, and where its files are kept. */
export interface HubAccess {
  /** Without a slash at its end; undefined = the public hub. */
  hubUrl: string | undefined;
  /** For private or gated repositories; undefined = as anybody. */
  accessToken: string | undefined;
  /** True: the network is not touched; what the cache lacks is an error. */
  offline: boolean;
  /** Absolute path of the cache, which is that of Python's `huggingface_hub`. */
  cacheFolder: string;
  /** False: snapshots hold copies, not symbolic links. Where links are impossible they hold copies in any case. */
  symlinks: boolean;
}

type Environment = Readonly<NodeJS.ProcessEnv>;

/**
 * The variables that Hugging Face's Python tools read: `HF_ENDPOINT` (a mirror instead of the public hub), `HF_TOKEN`,
 * `HF_HUB_OFFLINE`, `HF_HUB_DISABLE_SYMLINKS`, and those that say where the cache is. `@huggingface/hub` reads only the
 * last by itself. An empty variable counts as not set.
 * @throws UsageError for an endpoint that is no URL and a token that is none
 */
export function hubAccessFromEnvironment(environment: Environment = process.env): HubAccess {
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
  return {
    hubUrl: endpoint?.replace(/\/+$/, '') || undefined,
    accessToken: accessToken || undefined,
    offline: isTrue(environment.HF_HUB_OFFLINE),
    cacheFolder: hubCacheFolder(environment),
    symlinks: !isTrue(environment.HF_HUB_DISABLE_SYMLINKS),
  };
}

/** Absolute: `HF_HUB_CACHE`, or else `hub` in `HF_HOME`, or else in `huggingface` in the user's cache folder. */
export function hubCacheFolder(environment: Environment): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = environment;
  const home = environment.HOME || homedir();
  const hubHome = HF_HOME || join(XDG_CACHE_HOME || join(home, '.cache'), 'huggingface');
  return resolve(
    (HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE || join(hubHome, 'hub'))
      .replace(/^~(?=\/|$)/, home)
      .replace(/\$(?:(\w+)|\{([^}]*)\})/g, (text, bare, braced) => environment[bare ?? braced] ?? text),
  );
}

/** As Python's library reads a switch. */
function isTrue(value = ''): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes(value.toUpperCase());
}
