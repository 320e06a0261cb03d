import { readFile, writeFile } from 'node:fs/promises';

const KIBIBYTE = 1024;

/** The most resident memory that this process has had since the last `forgetPeak`, in bytes. */
export async function peakMemory(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return KIBIBYTE * Number(kibibytes ?? process.resourceUsage().maxRSS);
}

/** Where the system cannot forget it (it is Linux that can), the peak stays that since the process began. */
export async function forgetPeak(): Promise<void> {
  // https://www.kernel.org/doc/html/latest/filesystems/proc.html: 5 resets the peak.
  await writeFile('/proc/self/clear_refs', '5').catch(() => {});
}
