import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../../src/system/errors.ts';
import type { FuzzCase, Kind } from './fuzz-case.ts';
import type { ReadCase } from './read-case.ts';

/** The first two are as it should be. */
export const OUTCOMES = [
  'read',
  'refused',
  'crashed',
  'many lines',
  'wrote outside',
  'slow',
  'died',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Verdict {
  index: number;
  kind: Kind;
  outcome: Outcome;
  /** Of the error; of what was read, how much. */
  message: string;
  tricks: string[];
  /** Of the processor, on all cores together: how busy the machine is with other things does not count. */
  milliseconds: number;
}

/** A folder in which cases are run, and around them what nobody may touch. */
export interface Sandbox {
  root: string;
  /** Where hostile names lead. */
  outside: string;
  remove: () => Promise<void>;
}

export async function createSandbox(): Promise<Sandbox> {
  const root = await mkdtemp(join(tmpdir(), 'aerial-fuzz-'));
  const outside = join(root, 'outside');
  await mkdir(outside);
  await mkdir(join(root, 'a/b/c'), { recursive: true });
  await writeFile(join(outside, 'precious.png'), 'precious');
  return { root, outside, remove: () => rm(root, { recursive: true, force: true }) };
}

/** Far longer than reading so little data takes. */
const MOST_MILLISECONDS = 10_000;
const MICROSECONDS = 1000;

/** Longer messages are no lines for people. */
const LONGEST_MESSAGE = 1000;

/**
 * Writes the case's files, reads them, and looks at what came of it.
 * @param read throws a UserError for what it does not take
 */
export async function runCase(
  { index, kind, files, tricks }: FuzzCase,
  sandbox: Sandbox,
  read: (folder: string, workFolder: string) => Promise<ReadCase>,
): Promise<Verdict> {
  const home = join(sandbox.root, 'a/b/c', `case-${index}`);
  const [folder, workFolder] = [join(home, 'data'), join(home, 'work')];
  await mkdir(workFolder, { recursive: true });
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  const before = await treeOf(sandbox.root, workFolder);
  const start = process.cpuUsage();
  const result = await judge(() => read(folder, workFolder));
  const { user, system } = process.cpuUsage(start);
  const milliseconds = Math.round((user + system) / MICROSECONDS);
  const after = await treeOf(sandbox.root, workFolder);
  await rm(home, { recursive: true });
  const verdict = { index, kind, tricks, milliseconds };
  if (before !== after) return { ...verdict, outcome: 'wrote outside', message: difference(before, after) };
  if (milliseconds > MOST_MILLISECONDS) return { ...verdict, ...result, outcome: 'slow' };
  return { ...verdict, ...result };
}

async function judge(read: () => Promise<ReadCase>): Promise<Pick<Verdict, 'outcome' | 'message'>> {
  try {
    const { images, buildings, details } = await read();
    const wrong = details.find((detail) => !isOneLine(detail));
    if (wrong !== undefined) return { outcome: 'many lines', message: JSON.stringify(wrong) };
    return { outcome: 'read', message: `${images} images, ${buildings} buildings` };
  } catch (error) {
    if (!(error instanceof UserError)) {
      return { outcome: 'crashed', message: error instanceof Error ? String(error.stack) : String(error) };
    }
    const { message } = error;
    return isOneLine(message)
      ? { outcome: 'refused', message }
      : { outcome: 'many lines', message: JSON.stringify(message.slice(0, 2 * LONGEST_MESSAGE)) };
  }
}

function isOneLine(text: string): boolean {
  return text.length > 0 && text.length <= LONGEST_MESSAGE && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text);
}

/** Every path below `root` but for what is in `except`, with sizes and times. */
async function treeOf(root: string, except: string): Promise<string> {
  const lines: string[] = [];
  const open = [root];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (path === except) continue;
      if (entry.isDirectory()) open.push(path);
      const { size, mtimeMs } = entry.isFile() ? await stat(path) : { size: 0, mtimeMs: 0 };
      lines.push(`${path} ${size} ${mtimeMs}`);
    }
  }
  return lines.sort((a, b) => (a < b ? -1 : 1)).join('\n');
}

function difference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const missing = (lines: string[], from: string[]) => {
    const known = new Set(from);
    return lines.filter((line) => !known.has(line));
  };
  const changed = [...missing(now, old), ...missing(old, now)];
  return `changed outside of the target: ${changed.slice(0, 5).join(', ')}`;
}
