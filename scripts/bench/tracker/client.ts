import { readFile } from 'node:fs/promises';

/** The processes of a Weights & Biases client: Python, and wandb-core, which it starts. */
export interface Client {
  pids: readonly number[];
  /** As `kill -9` does. */
  kill(): void;
}

/** @param parent the training; @returns the client that it has started, of no processes where there is none (Linux only) */
export async function findClient(parent: number): Promise<Client> {
  const pids: number[] = [];
  for (const child of await childrenOf(parent)) {
    const command = await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('wandb_client.py')) pids.push(child, ...(await childrenOf(child)));
  }
  return {
    pids,
    kill: () => {
      for (const pid of pids) kill(pid);
    },
  };
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
