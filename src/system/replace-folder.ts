import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from './errors.ts';
import { type IsHeld, withFileLock } from './file-lock.ts';
import { explainDiskError, makeFolder } from './files.ts';

export interface ReplaceOptions {
  /** Called once, when another process is replacing the same folder: with its number, if it is on this machine. */
  onWait?: (pid: number | null) => void;
  /** Called once, when that process stands still; it is waited for nevertheless. */
  onSilent?: (pid: number) => void;
  /** Ends the wait. `fill` heeds it by itself. */
  signal?: AbortSignal;
  /** Called with the old folder right before it is replaced; what it throws keeps that. Need not be there. */
  assertReplaceable?: (folder: string) => void;
}

/** Endings that nobody gives to folders of their own, for what lies there unasked is removed. */
const PART = '.aerial-part';
const OLD = '.aerial-old';

/**
 * Fills a new folder beside `path` and puts it in the place of `path` only when `fill` has succeeded.
 *
 * Whatever happens, a whole folder is in the place, and nothing else is left: on failure and when the process is ended,
 * the old one stays. A process that is killed leaves its half folder behind, and, in the instant between two renames, no
 * folder in the place; the next call mends both, before it does anything else. One at a time, by a lock beside the
 * folder: another process waits, also for one that is stopped.
 * @param path may be a link to a folder: then all of this happens where that lies
 * @param fill gets a new, empty folder on the same disk
 * @throws what `fill` throws; UserError where the disk refuses; the signal's reason when it is aborted while waiting
 */
export async function replaceFolder(
  path: string,
  fill: (folder: string) => Promise<void>,
  options: ReplaceOptions = {},
): Promise<void> {
  const target = await followLinks(path);
  let locked = false;
  // Ctrl-C ends some commands at once, by process.exit, which runs no `finally`. Before the lock's own, which lets others in.
  const tidyUpAtExit = () => {
    if (locked) recover(target);
  };
  process.once('exit', tidyUpAtExit);
  try {
    await makeFolder(dirname(target), path);
    const work = async (isHeld: IsHeld) => {
      locked = true;
      await replaceLocked(target, fill, { isHeld, options }).finally(() => {
        locked = false;
      });
    };
    const { onWait, onSilent, signal } = options;
    await withFileLock(target, work, {
      ...(onWait && { onWait }),
      ...(onSilent && { onSilent }),
      ...(signal && { signal }),
      waitForSilent: true,
    });
  } catch (error) {
    throw explainDiskError(error, path);
  } finally {
    process.off('exit', tidyUpAtExit);
  }
}

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * @returns the absolute path of what a link leads to, whether that is there or not; or of the path itself
 * @throws UserError where links lead in a circle
 */
export async function followLinks(path: string): Promise<string> {
  let at = resolve(path);
  for (let links = 0; links <= MOST_LINKS; links++) {
    const to = await readlink(at).catch(() => null);
    if (to === null) return at;
    at = resolve(dirname(at), to);
  }
  throw new UserError(
    `Cannot follow ${path}: its links lead in a circle; mend them or choose another folder`,
  );
}

async function replaceLocked(
  target: string,
  fill: (folder: string) => Promise<void>,
  { isHeld, options }: { isHeld: IsHeld; options: ReplaceOptions },
): Promise<void> {
  recover(target);
  const part = `${target}.${randomBytes(4).toString('hex')}${PART}`;
  try {
    await makeFolder(part, target);
    await fill(part).catch(async (error: unknown) => {
      // Who has taken over has removed the part: what fails then is not what the user has to mend.
      if (!options.signal?.aborted) await assertHeld(isHeld, target, error);
      throw error;
    });
    await assertHeld(isHeld, target);
    // All at once: no other code of this process may run in between.
    options.assertReplaceable?.(target);
    if (existsSync(target)) renameSync(target, `${target}${OLD}`);
    renameSync(part, target);
  } finally {
    // What lies there belongs to the other process, once it has taken over.
    const held = await isHeld().catch(() => false);
    quietly(() => (held ? recover(target) : rmSync(part, { recursive: true, force: true })));
  }
}

async function assertHeld(isHeld: IsHeld, target: string, cause?: unknown): Promise<void> {
  if (await isHeld()) return;
  throw new UserError(
    `Another process took over ${target} while this one stood still: run the command again`,
    { cause },
  );
}

/** Puts the old folder back where there is none, and removes all that is left over. */
function recover(target: string): void {
  const old = `${target}${OLD}`;
  if (existsSync(old) && !existsSync(target)) renameSync(old, target);
  const parts = readdirSync(dirname(target)).filter(
    (name) => name.startsWith(`${basename(target)}.`) && name.endsWith(PART),
  );
  for (const leftOver of [old, ...parts.map((name) => join(dirname(target), name))]) {
    rmSync(leftOver, { recursive: true, force: true });
  }
}

/** The error before it is the one to tell; what is left over now goes at the next call. */
function quietly(tidyUp: () => void): void {
  try {
    tidyUp();
  } catch {}
}
