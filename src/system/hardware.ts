import { readFileSync } from 'node:fs';
import { readFile, stat, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { readGroupMemory } from './control-group.ts';

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

/** @param root of the file system, in which the kernel tells of itself; where it does not, Node is asked */
export function readMemory(root = '/'): Memory {
  const told = readText(join(root, 'proc/meminfo'));
  const group = readGroupMemory(root);
  const most = group?.limitBytes ?? Number.POSITIVE_INFINITY;
  const totalBytes = Math.min(kibibytes(told, 'MemTotal') ?? totalmem(), most);
  const availableBytes = kibibytes(told, 'MemAvailable') ?? process.availableMemory();
  const left = Math.min(availableBytes, group?.availableBytes ?? Number.POSITIVE_INFINITY, totalBytes);
  return { totalBytes, availableBytes: left };
}

/** @returns bytes that this process holds and cannot give back, as it could the libraries that it has loaded */
export function readOwnMemory(root = '/'): number {
  const told = readText(join(root, 'proc/self/status'));
  const held = kibibytes(told, 'RssAnon');
  return held === null ? process.memoryUsage.rss() : held + (kibibytes(told, 'RssShmem') ?? 0);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @returns bytes of the line `key:   123 kB`; null without one */
function kibibytes(text: string, key: string): number | null {
  const match = text.match(new RegExp(`^${key}:\\s*(\\d+) kB$`, 'm'));
  return match ? 1024 * Number(match[1]) : null;
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
