/**
 * How much memory a process may take where an administrator or a container has set a limit: Linux' control groups, versions 1 and 2.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Bytes of the group, of those above it, that leaves the least. */
export interface GroupMemory {
  limitBytes: number;
  /** Until the limit. Of the files that the kernel keeps in memory, it gives up as many as it needs, so they are not counted. */
  availableBytes: number;
}

/** Where a version lies, and what its files are called. */
interface Version {
  /** Of the line of /proc/self/cgroup that names the group. */
  line: RegExp;
  folder: string;
  limit: string;
  usage: string;
  /** Of `memory.stat`. */
  files: readonly string[];
}

const VERSIONS: readonly Version[] = [
  {
    line: /^0::(\/.*)$/m,
    folder: 'sys/fs/cgroup',
    limit: 'memory.max',
    usage: 'memory.current',
    files: ['active_file', 'inactive_file'],
  },
  {
    line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m,
    folder: 'sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    files: ['total_active_file', 'total_inactive_file'],
  },
];

/** Without a limit, version 1 has a number of this size. */
const NO_LIMIT = 2 ** 60;

/** @param root of the file system; @returns null where there is no limit */
export function readGroupMemory(root = '/'): GroupMemory | null {
  const own = read(join(root, 'proc/self/cgroup')) ?? '';
  const found = VERSIONS.flatMap((version) => {
    const group = own.match(version.line)?.[1];
    return group === undefined ? [] : groupsUpFrom(group).flatMap((path) => readGroup(root, path, version));
  });
  return found.toSorted((a, b) => a.availableBytes - b.availableBytes)[0] ?? null;
}

/** In a container the groups above its own cannot be seen, and its own may be named as the host names it. */
function groupsUpFrom(group: string): string[] {
  const groups = [group];
  while (groups.at(-1) !== '/') groups.push(dirname(groups.at(-1)!));
  return groups;
}

function readGroup(root: string, group: string, { folder, limit, usage, files }: Version): GroupMemory[] {
  const place = (name: string) => join(root, folder, group, name);
  const [limitBytes, usedBytes] = [limit, usage].map((name) => Number(read(place(name)) ?? Number.NaN));
  const isLimited = limitBytes! > 0 && limitBytes! < NO_LIMIT && usedBytes! >= 0;
  if (!isLimited) return [];
  const statistics = read(place('memory.stat')) ?? '';
  const bytesOf = (name: string) => Number(statistics.match(new RegExp(`^${name} (\\d+)$`, 'm'))?.[1] ?? 0);
  const keptFiles = files.reduce((sum, name) => sum + bytesOf(name), 0);
  const availableBytes = Math.min(limitBytes!, Math.max(0, limitBytes! - usedBytes! + keptFiles));
  return [{ limitBytes: limitBytes!, availableBytes }];
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
