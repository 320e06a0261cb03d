import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** One NVIDIA GPU, as its driver describes it. */
export interface Gpu {
  name: string;
  memoryMiB: number;
  driver: string;
}

/** @returns the GPUs that the driver sees; none where there is no driver, or it does not answer */
export async function queryGpus(): Promise<Gpu[]> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'];
  const { exitCode, stdout } = await execa('nvidia-smi', query, { reject: false, timeout: 20_000 });
  return exitCode === 0 ? parseGpus(stdout) : [];
}

/** @param csv lines `name, MiB, driver version`; a MiG or driver message that is no such line is passed over */
export function parseGpus(csv: string): Gpu[] {
  return csv
    .split('\n')
    .map((line) => line.match(/^(.+), *(\d+), *([\d.]+) *$/))
    .filter((match) => match !== null)
    .map(([, name, memory, driver]) => ({ name: name!, memoryMiB: Number(memory), driver: driver! }));
}

/** What a GPU does at the moment; null where the driver does not say it, as of a part of a GPU (MIG). */
export interface GpuLoad {
  /** 0-1: share of the last moments in which it computed. */
  use: number | null;
  /** Bytes that are taken, by whomever. */
  memoryBytes: number | null;
}

/** @param csv a line `%, MiB` of the driver, `[N/A]` for what it does not know; @returns null where there is no such line */
export function parseGpuLoad(csv: string): GpuLoad | null {
  const match = csv.match(/^ *(\d+|\[[^\]]+\]), *(\d+|\[[^\]]+\]) *$/m);
  if (match === null) return null;
  const [use, mebibytes] = match.slice(1).map((text) => (/^\d/.test(text) ? Number(text) : null));
  return {
    use: use == null ? null : use / 100,
    memoryBytes: mebibytes == null ? null : mebibytes * 2 ** 20,
  };
}

/**
 * What the CUDA build of TensorFlow 2.21 opens when it starts on a GPU: its `DsoLoader` was called function by function and
 * the names that the dynamic linker looked for were noted. `nvJitLink` is what cuSPARSE and cuSOLVER link to.
 */
export const CUDA_LIBRARIES = [
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcufft.so.11',
  'libcusolver.so.11',
  'libcusparse.so.12',
  'libcudnn.so.9',
  'libnccl.so.2',
  'libcupti.so.12',
  'libnvJitLink.so.12',
] as const;

/**
 * Where TensorFlow looks for them beside its own library: the search path (RUNPATH) that is written in
 * libtensorflow_framework.so.2, and cuSPARSE's own for nvJitLink. cuSOLVER's folder is not in it: `make setup` adds a link.
 */
const CUDA_FOLDERS = [
  'nccl',
  'cuda_cupti',
  'cublas',
  'cudnn',
  'cufft',
  'cusparse',
  'cuda_runtime',
  'nvjitlink',
].map((name) => `nvidia/${name}/lib`);

export interface CudaLibrary {
  name: string;
  /** null = not found. */
  path: string | null;
}

/**
 * Looks for the libraries where the dynamic linker does for TensorFlow: in `LD_LIBRARY_PATH`, beside TensorFlow, in the
 * linker's cache.
 * @param runtime the folder that holds `tensorflow/` and, for CUDA, `nvidia/`; null = unknown
 */
export async function findCudaLibraries(
  runtime: string | null,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<CudaLibrary[]> {
  const named = (environment.LD_LIBRARY_PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const beside = runtime === null ? [] : CUDA_FOLDERS.map((folder) => join(runtime, folder));
  const cached = await readLinkerCache();
  return CUDA_LIBRARIES.map((name) => {
    const paths = [...named, ...beside].map((folder) => join(folder, name));
    return { name, path: paths.find((path) => existsSync(path)) ?? cached.get(name) ?? null };
  });
}

/** @returns path of each library in the dynamic linker's cache, by its name */
async function readLinkerCache(): Promise<Map<string, string>> {
  // It is in /sbin, which is not on every user's PATH.
  const env = { PATH: `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin` };
  const { exitCode, stdout } = await execa('ldconfig', ['-p'], { reject: false, env });
  if (exitCode !== 0) return new Map();
  const lines = stdout.matchAll(/^\s*(\S+) \(libc6,x86-64[^)]*\) => (\S+)$/gm);
  return new Map([...lines].map(([, name, path]) => [name!, path!]));
}
