import { type } from 'node:os';
import { readCpu, readMemory } from '../../src/system/hardware.ts';
import { queryGpus } from '../../src/system/nvidia.ts';

/** On what the figures were measured: seconds compare only within one machine. */
export interface Machine {
  cpu: string;
  cores: number;
  memory_gib: number;
  gpus: string[];
  system: string;
  node: string;
}

export async function describeMachine(): Promise<Machine> {
  const [cpu, gpus] = await Promise.all([readCpu(), queryGpus()]);
  return {
    cpu: [cpu.model, ...cpu.features].join(' '),
    cores: cpu.cores,
    memory_gib: Math.round(readMemory().totalBytes / 2 ** 30),
    gpus: gpus.map(({ name }) => name),
    system: `${type()} ${process.arch}`,
    node: process.versions.node,
  };
}
