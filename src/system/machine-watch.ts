import { type ChildProcess, execFile } from 'node:child_process';
import type { Socket } from 'node:net';
import { type GpuLoad, parseGpuLoad } from './nvidia.ts';

/** What the machine gives to this process at the moment. */
export interface MachineReading {
  /** Bytes of memory that this process holds. */
  memoryBytes: number;
  /** Of the first GPU that may be used, at the last look; null before it, and without one. */
  gpu: GpuLoad | null;
}

/** Looks at the machine now and then, and answers at once. */
export interface MachineWatch {
  read(): MachineReading;
  /** Nothing of it is left after that. */
  stop(): void;
}

export interface WatchOptions {
  /** Whether a GPU computes; without one nobody is asked. */
  gpu: boolean;
  environment?: NodeJS.ProcessEnv;
  intervalMs?: number;
  /** What is asked for the GPU. */
  program?: string;
}

const INTERVAL_MS = 10_000;
/** A driver that does not answer by then will not. */
const PATIENCE_MS = 8000;

/**
 * Asks the driver for the GPU now and every ten seconds, in a process of its own: nothing waits for the answer, and one that
 * fails is the last question. Does not keep this process alive.
 */
export function watchMachine({
  gpu,
  environment = process.env,
  intervalMs = INTERVAL_MS,
  program = 'nvidia-smi',
}: WatchOptions): MachineWatch {
  let load: GpuLoad | null = null;
  let asked: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearInterval(timer);
    asked?.kill('SIGKILL');
  };
  const ask = () => {
    // One that takes its time is not asked again meanwhile.
    if (asked) return;
    const child = execFile(program, gpuQuery(environment), (error, stdout) => {
      clearTimeout(late);
      asked = null;
      load = error ? null : parseGpuLoad(stdout);
      if (load === null) stop();
    });
    // Neither the process, nor its output, nor the wait holds this one open: the time limits of Node and execa would.
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS).unref();
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket | null)?.unref();
    asked = child;
  };
  if (gpu) {
    timer = setInterval(ask, intervalMs).unref();
    ask();
  }
  return {
    read: () => ({ memoryBytes: process.memoryUsage.rss(), gpu: load }),
    stop,
  };
}

/** The first device of CUDA_VISIBLE_DEVICES, a number or a UUID, is the one that TensorFlow computes on. */
function gpuQuery({ CUDA_VISIBLE_DEVICES: visible = '' }: NodeJS.ProcessEnv): string[] {
  const first = visible.split(',')[0]!.trim();
  const device = /^(\d+|GPU-[\w-]+)$/.test(first) ? first : '0';
  return ['--query-gpu=utilization.gpu,memory.used', '--format=csv,noheader,nounits', `--id=${device}`];
}
