import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { Command } from '../turns.ts';

/** Confines programs to so many cores; null where this machine cannot, or has fewer. */
export async function confineTo(count: number): Promise<((command: Command) => Command) | null> {
  const cores = await allowedCores();
  const { exitCode } = await execa('taskset', ['--version'], { reject: false });
  if (exitCode !== 0 || cores.length < count) return null;
  const list = cores.slice(0, count).join(',');
  return (command) => ['taskset', '-c', list, ...command];
}

/** Numbers of the cores on which this process may run; none where that is not known. */
async function allowedCores(): Promise<number[]> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const list = status.match(/^Cpus_allowed_list:\s*(\S+)$/m)?.[1] ?? '';
  return list
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number) as [number, number?];
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}
