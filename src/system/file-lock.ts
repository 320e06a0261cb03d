/**
 * One at a time, among all processes that share a disk: a file `<path>.lock` that only one of them can make.
 *
 * Own code, since `proper-lockfile` 4.1.2 lets two processes take over the same stale lock (its issue 121, open), and
 * by time alone, so that the run after a crash would always wait.
 */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, open, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from './errors.ts';
import { type LockOwner, lockContent, ownerOf, readText } from './file-lock-owner.ts';
import { pause } from './pause.ts';

export interface LockPace {
  /** Between two looks of one who waits. */
  pollMs: number;
  /** Between two signs of life of the holder. */
  beatMs: number;
  /** Looks without a sign of life after which the holder counts as gone. */
  silentPolls: number;
}

/** 30 s, six missed signs. */
const PACE: LockPace = { pollMs: 250, beatMs: 5000, silentPolls: 120 };

/** So many times longer counts the silence where a process of the holder's number is there that may be another. */
const LIKELY_FACTOR = 20;

/** Whether the lock is still ours; it may not be after a process stood still for long. */
export type IsHeld = () => Promise<boolean>;

export interface LockOptions {
  /** Called once, when somebody else has the lock: with the number of that process where it is on this machine. */
  onWait?: (pid: number | null) => void;
  /** Called once, when the holder stands still and is waited for nevertheless. */
  onSilent?: (pid: number) => void;
  /**
   * Wait, however long it is silent, for a holder on this machine whose process is there: stopped by Ctrl-Z, or busy.
   * For work that must not be lost; without it, one who is silent holds nobody up for long.
   */
  waitForSilent?: boolean;
  /** Ends the wait. */
  signal?: AbortSignal;
  pace?: LockPace;
}

/**
 * Does `work` while nobody else, here or in another process, does work under the lock of `path`; waits for as long as
 * it takes. A lock is taken over from a process that has ended, or that gave no sign of life for long (but see
 * `waitForSilent`): of a process in another container or on another machine nothing else can be known. Not reentrant.
 * @param path need not exist; its folder is made
 * @throws what `work` throws; the signal's reason when it is aborted before the lock is ours; UserError where a folder
 *   has the lock's name; errors of the disk
 */
export async function withFileLock<T>(
  path: string,
  work: (isHeld: IsHeld) => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const pace = options.pace ?? PACE;
  const lock = `${path}.lock`;
  await mkdir(dirname(lock), { recursive: true });
  const content = await acquire(lock, options, pace);
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
async function acquire(lock: string, options: LockOptions, pace: LockPace): Promise<string> {
  const { onWait = () => {}, onSilent = () => {}, signal = NEVER } = options;
  const content = lockContent(randomUUID());
  const [tellWait, tellSilent] = [once(onWait), once(onSilent)];
  let before: Glance | undefined;
  let silentPolls = 0;
  while (!(await create(lock, content))) {
    const now = await look(lock);
    // Looks are counted, not time: in a container that is paused, time goes by for all who are in it.
    silentPolls = isSame(now, before) ? silentPolls + 1 : 0;
    before = now;
    if (now) {
      const owner = ownerOf(now.content);
      const patience = patienceWith(owner, options, pace);
      if (silentPolls >= patience) {
        await removeStale(lock, now, options);
        continue;
      }
      const isBeingMade = now.content === '' && silentPolls === 0;
      if (!isBeingMade) tellWait(owner.pid);
      if (owner.pid !== null && silentPolls >= pace.silentPolls) tellSilent(owner.pid);
    }
    await pause(pace.pollMs, signal);
  }
  return content;
}

/** @returns silent looks after which the lock is taken over */
function patienceWith(
  { state }: LockOwner,
  { waitForSilent }: LockOptions,
  { silentPolls }: LockPace,
): number {
  if (state === 'gone') return 0;
  if (!waitForSilent || state === 'unknown') return silentPolls;
  return state === 'alive' ? Infinity : LIKELY_FACTOR * silentPolls;
}

function once<Value>(call: (value: Value) => void): (value: Value) => void {
  let called = false;
  return (value) => {
    if (!called) call(value);
    called = true;
  };
}

/** Under a lock of its own, so that of several who find a stale lock none removes the new one of another. */
async function removeStale(
  lock: string,
  stale: Glance,
  { signal, pace, waitForSilent }: LockOptions,
): Promise<void> {
  await withFileLock(
    lock,
    async () => {
      if (isSame(await look(lock), stale)) await rm(lock, { force: true });
    },
    { ...(signal && { signal }), ...(pace && { pace }), ...(waitForSilent && { waitForSilent }) },
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
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'EISDIR') {
      throw new UserError(
        `${lock} is a folder, and a file of that name is needed as a lock: remove or rename it`,
        { cause: error },
      );
    }
    throw error;
  }
}

function isSame(one: Glance | undefined, other: Glance | undefined): boolean {
  return one?.content === other?.content && one?.lastBeatMs === other?.lastBeatMs;
}
