import { join } from 'node:path';
import type { Command } from '../turns.ts';
import type { Network } from './subject.ts';

/** What this machine can run. */
export interface Means {
  /** The CPU computes in bfloat16: only there is it of use. */
  bfloat16: boolean;
  /** A Python with PyTorch, and with what the peer of each network needs; null = left out. */
  python: Readonly<Record<Network, string | null>>;
}

/** Ours by the forms in which `worker.ts` knows them. */
const FORMS = {
  eager: 'eager',
  'compiled-float32': 'float32',
  'compiled-bfloat16': 'bfloat16',
} as const;

/** PyTorch's, as arguments of `peer.py`: precision and layout in memory. */
const PEER_FORMS = {
  'pytorch-float32': ['float32', 'contiguous'],
  'pytorch-bfloat16': ['bfloat16', 'contiguous'],
  'pytorch-bfloat16-channels-last': ['bfloat16', 'channels-last'],
} as const;

/** `NETWORK/FORM` → the program that takes part under this name. */
export function contestantsOf(network: Network, { bfloat16, python }: Means): Record<string, Command> {
  const commands: [string, Command][] = [];
  for (const [name, form] of Object.entries(FORMS)) {
    commands.push([name, [process.execPath, join(import.meta.dirname, 'worker.ts'), network, form]]);
  }
  const program = python[network];
  for (const [name, form] of Object.entries(program ? PEER_FORMS : {})) {
    commands.push([name, [program!, join(import.meta.dirname, 'peer.py'), network, ...form]]);
  }
  const runnable = commands.filter(([name]) => bfloat16 || !name.includes('bfloat16'));
  return Object.fromEntries(runnable.map(([name, command]) => [`${network}/${name}`, command]));
}
