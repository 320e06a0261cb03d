import type { FakeWandb } from '../../../test/tracking/fake-wandb.ts';
import { environmentFor } from '../../../test/tracking/fake-wandb.ts';
import type { Client } from './client.ts';

/** What becomes of Weights & Biases in a training. */
export interface Contestant {
  name: string;
  environment(server: FakeWandb, home: string): NodeJS.ProcessEnv;
  /** In the midst of training. */
  strike?(server: FakeWandb, client: Client): void;
}

const online = (server: FakeWandb, home: string) => ({
  ...environmentFor(server, home),
  WANDB_MODE: 'online',
});

/** The first is what the others are measured against. */
export const CONTESTANTS: readonly [Contestant, ...Contestant[]] = [
  { name: 'disabled', environment: () => ({ WANDB_MODE: 'disabled' }) },
  { name: 'offline', environment: () => ({ WANDB_MODE: 'offline' }) },
  { name: 'client-killed', environment: online, strike: (_, client) => client.kill() },
  { name: 'server-gone', environment: online, strike: (server) => server.stall() },
];
