import { readFile, stat, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';

/** Instruction sets that decide how fast TensorFlow computes, by their names in /proc/cpuinfo. */
const CPU_FEATURES: Readonly<Record<string, string>> = {
  avx2: 'AVX2',
  avx512f: 'AVX512F',
  avx512_bf16: 'AVX512_BF16',
  amx_bf16: 'AMX_BF16',
};

export interface Cpu {
  model: string;
  /** Cores that this process may use. */
  cores: number;
  /** Those of AVX2, AVX512F, AVX512_BF16, AMX_BF16 that it has. */
  features: string[];
}

export async function readCpu(): Promise<Cpu> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return { ...parseCpuInfo(text), cores: availableParallelism() };
}

/** @param text content of /proc/cpuinfo; its first processor counts; `unknown` where it names none */
export function parseCpuInfo(text: string): Omit<Cpu, 'cores'> {
  const value = (key: string) => text.match(new RegExp(`^${key}\\s*:\\s*(.*)$`, 'm'))?.[1]?.trim();
  const flags = new Set(value('flags')?.split(/\s+/));
  const features = Object.entries(CPU_FEATURES).filter(([flag]) => flags.has(flag));
  return { model: value('model name') || 'unknown', features: features.map(([, name]) => name) };
}

/** Bytes of memory; inside a container with a limit, that limit counts. */
export interface Memory {
  totalBytes: number;
  availableBytes: number;
}

export function readMemory(): Memory {
  // 0 = no limit; without a limit some kernels report a number beyond any machine.
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const totalBytes = Math.min(totalmem(), limit);
  return { totalBytes, availableBytes: Math.min(process.availableMemory(), totalBytes) };
}

/** Free space on the disk that holds a folder. */
export interface Disk {
  /** The folder, or the nearest one above it that exists. */
  path: string;
  freeBytes: number;
}

/** @returns one entry for each disk, in the order in which `folders` name them; a folder need not exist yet */
export async function readDisks(folders: readonly string[]): Promise<Disk[]> {
  const disks = new Map<number, Disk>();
  for (const folder of folders) {
    const path = await nearestExisting(resolve(folder));
    const { dev } = await stat(path);
    if (disks.has(dev)) continue;
    const { bavail, bsize } = await statfs(path);
    disks.set(dev, { path, freeBytes: bavail * bsize });
  }
  return [...disks.values()];
}

async function nearestExisting(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  return exists || path === dirname(path) ? path : nearestExisting(dirname(path));
}
