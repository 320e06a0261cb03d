import { readMemory, readOwnMemory } from './hardware.ts';
import { queryGpus } from './nvidia.ts';

/** Bytes that a process can hold. */
export interface MemoryLimits {
  /** What is available, with what this process holds already; a container's limit counts. */
  machine: number;
  /** Of the largest card, whoever else may use it at the moment; null where none computes, or the driver does not say it. */
  gpu: number | null;
}

/** @param gpu whether a GPU computes */
export async function readMemoryLimits({ gpu }: { gpu: boolean }): Promise<MemoryLimits> {
  const cards = gpu ? await queryGpus() : [];
  const largest = Math.max(...cards.map(({ memoryMiB }) => memoryMiB * 2 ** 20));
  return {
    machine: readMemory().availableBytes + readOwnMemory(),
    gpu: largest > 0 ? largest : null,
  };
}
