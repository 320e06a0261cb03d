/**
 * One at a time, among all processes that share a disk: a file `<path>.lock` that only one of them can make.
 *
 * Own code, since `proper-lockfile` 4.1.2 lets two processes take over the same stale lock (its issue 121, open), and
 * by time alone, so that the run after a crash would always wait.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { mkdir, open, rm, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { pause } from './pause.ts';

export interface LockPace {
  /** Between two looks of one who waits. */
  pollMs: number;
  /** Between two signs of life of the holder. */
  beatMs: number;
  /** Looks without a sign of life after which the holder counts as gone. */
  silentPolls: number;
}

/** 30 s, six missed signs: only those wait for so long who cannot see whether the holder's process is alive. */
const PACE: LockPace = { pollMs: 250, beatMs: 5000, silentPolls: 120 };

/** Whether the lock is still ours; it may not be after a process stood still for long. */
export type IsHeld = () => Promise<boolean>;

export interface LockOptions {
  /** Called once, when somebody else has the lock. */
  onWait?: () => void;
  /** Ends the wait. */
  signal?: AbortSignal;
  pace?: LockPace;
}

/**
 * Does `work` while nobody else, here or in another process, does work under the lock of `path`; waits for as long as
 * it takes. A lock is taken over from a process that has ended, or that gave no sign of life for long: of a process in
 * another container or on another machine nothing else can be known. Not reentrant.
 * @param path need not exist; its folder is made
 * @throws what `work` throws; the signal's reason when it is aborted before the lock is ours; errors of the disk
 */
export async function withFileLock<T>(
  path: string,
  work: (isHeld: IsHeld) => Promise<T>,
  { onWait = () => {}, signal = NEVER, pace = PACE }: LockOptions = {},
): Promise<T> {
  const lock = `${path}.lock`;
  await mkdir(dirname(lock), { recursive: true });
  const content = await acquire(lock, { onWait, signal, pace });
  const isHeld = async () => (await look(lock))?.content === content;
  const beat = async () => {
    if (await isHeld()) await utimes(lock, new Date(), new Date());
  };
  const beating = setInterval(() => void beat().catch(() => {}), pace.beatMs);
  // Ctrl-C ends some commands at once, by process.exit, which runs no `finally`.
  const releaseAtExit = () => {
    if (readText(lock) === content) rmSync(lock, { force: true });
  };
  process.once('exit', releaseAtExit);
  try {
    return await work(isHeld);
  } finally {
    clearInterval(beating);
    process.off('exit', releaseAtExit);
    releaseAtExit();
  }
}

const NEVER = new AbortController().signal;

/** @returns what the lock holds now that it is ours */
async function acquire(lock: string, { onWait, signal, pace }: Required<LockOptions>): Promise<string> {
  const content = [process.pid, MACHINE, randomUUID()].join('\n');
  let before: Glance | undefined;
  let silentPolls = 0;
  let told = false;
  while (!(await create(lock, content))) {
    const now = await look(lock);
    // Looks are counted, not time: in a container that is paused, time goes by for all who are in it.
    silentPolls = isSame(now, before) ? silentPolls + 1 : 0;
    before = now;
    if (now && (isOwnerGone(now) || silentPolls >= pace.silentPolls)) {
      await removeStale(lock, now, { signal, pace });
      continue;
    }
    if (now && !told) {
      onWait();
      told = true;
    }
    await pause(pace.pollMs, signal);
  }
  return content;
}

/** Under a lock of its own, so that of several who find a stale lock none removes the new one of another. */
async function removeStale(lock: string, stale: Glance, options: LockOptions): Promise<void> {
  await withFileLock(
    lock,
    async () => {
      if (isSame(await look(lock), stale)) await rm(lock, { force: true });
    },
    options,
  );
}

/** @returns false where there is one already */
async function create(lock: string, content: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx');
    try {
      await file.writeFile(content);
    } catch (error) {
      await rm(lock, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

interface Glance {
  /** Empty for a moment while the lock is made. */
  content: string;
  lastBeatMs: number;
}

/** @returns undefined where there is no lock */
async function look(lock: string): Promise<Glance | undefined> {
  try {
    // Opened, since a network disk may give an old time for a file that is not.
    const file = await open(lock);
    try {
      return { content: await file.readFile('utf8'), lastBeatMs: (await file.stat()).mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isSame(one: Glance | undefined, other: Glance | undefined): boolean {
  return one?.content === other?.content && one?.lastBeatMs === other?.lastBeatMs;
}

/** False too where that cannot be known from here. */
function isOwnerGone({ content }: Glance): boolean {
  const [pid, machine] = content.split('\n');
  if (machine !== MACHINE) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

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

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
