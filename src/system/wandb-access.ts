import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from './errors.ts';

/** `auto`, where `WANDB_MODE` is not set: online with a key, offline without one. */
export type WandbMode = 'auto' | 'online' | 'offline' | 'disabled';

/**
 * What `WANDB_MODE` and `WANDB_DISABLED` ask for. An empty variable, as in a fresh .env, counts as not set.
 * @throws UsageError for another mode
 */
export function readWandbMode(environment: NodeJS.ProcessEnv): WandbMode {
  const { WANDB_MODE: mode, WANDB_DISABLED: off } = environment;
  if (off === 'true' || off === '1') return 'disabled';
  if (mode === undefined || mode === '') return 'auto';
  if (mode === 'online' || mode === 'offline' || mode === 'disabled') return mode;
  throw new UsageError(`WANDB_MODE must be online, offline or disabled, got ${JSON.stringify(mode)}`);
}

/** @returns where W&B's client will find its key (`wandb login` writes it to the netrc file), or null; never the key */
export async function findWandbKey(environment: NodeJS.ProcessEnv): Promise<string | null> {
  if (environment.WANDB_API_KEY) return 'WANDB_API_KEY';
  const path = environment.NETRC || join(environment.HOME || homedir(), '.netrc');
  const text = await readFile(path, 'utf8').catch(() => '');
  const host = URL.parse(environment.WANDB_BASE_URL || 'https://api.wandb.ai')?.hostname;
  const words = text.split(/\s+/);
  const known = words.some((word, i) => word === 'machine' && words[i + 1] === host);
  return known ? path : null;
}
