/** Who holds a lock, and whether that process is still there. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * - `gone`: its process has ended.
 * - `alive`: it is the very process that made the lock; it may be stopped.
 * - `likely`: a process of its number is there, which may be a later one.
 * - `unknown`: it is in another container or on another machine.
 */
export type OwnerState = 'gone' | 'alive' | 'likely' | 'unknown';

export interface LockOwner {
  state: OwnerState;
  /** null where the number would mean nothing here. */
  pid: number | null;
}

/**
 * @param id that no other lock has
 * @returns what a lock of this process holds
 */
export function lockContent(id: string): string {
  return [process.pid, MACHINE, id, OWN_START].join('\n');
}

/** @param content what a lock holds; empty for a moment while it is made */
export function ownerOf(content: string): LockOwner {
  const [number, machine, , start] = content.split('\n');
  const pid = Number(number);
  // Zero and below are no processes but groups of them.
  if (machine !== MACHINE || !Number.isInteger(pid) || pid <= 0) return { state: 'unknown', pid: null };
  return { state: stateOf(pid, start ?? ''), pid };
}

function stateOf(pid: number, start: string): OwnerState {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone';
  }
  const now = processNow(pid);
  if (now === undefined || start === '') return 'likely';
  // Ended, and only not yet taken note of by the process that started it.
  if (now.state === 'Z' || now.state === 'X') return 'gone';
  return now.start === start ? 'alive' : 'gone';
}

interface ProcessNow {
  /** A letter, see proc(5). */
  state: string;
  /** Ticks since the machine started, at which it began: not shared by two processes of one number. */
  start: string;
}

/** @returns undefined where the system does not tell */
function processNow(pid: number): ProcessNow | undefined {
  const line = readText(`/proc/${pid}/stat`);
  if (line === undefined) return undefined;
  // The second field is the program's name in brackets, with any character in it.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[STARTTIME - STATE]];
  return state === undefined || start === undefined ? undefined : { state, start };
}

/** Places of fields in /proc/<pid>/stat, as proc(5) counts them. */
const STATE = 3;
const STARTTIME = 22;

const OWN_START = processNow(process.pid)?.start ?? '';

/** Where a process number means the same process: on Linux each container has numbers of its own. */
const MACHINE = linuxNamespace() ?? hostname();

function linuxNamespace(): string | undefined {
  const boot = readText('/proc/sys/kernel/random/boot_id');
  try {
    return boot && `${boot.trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

/** @returns undefined where it cannot be read */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
