import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGroupMemory } from '../../src/system/control-group.ts';
import { readMemory, readOwnMemory } from '../../src/system/hardware.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

/** A root folder with these files. */
async function root(files: Record<string, string>): Promise<string> {
  const folder = await tempFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

const V2 = { 'proc/self/cgroup': '0::/pod/box\n' };
const group = (path: string, max: string, current: number, statistics = '') => ({
  [`sys/fs/cgroup/${path}memory.max`]: `${max}\n`,
  [`sys/fs/cgroup/${path}memory.current`]: `${current}\n`,
  [`sys/fs/cgroup/${path}memory.stat`]: statistics,
});

describe('readGroupMemory', () => {
  it('is null without a limit, and without groups', async () => {
    expect(readGroupMemory(await root({}))).toBeNull();
    expect(readGroupMemory(await root({ ...V2, ...group('pod/box/', 'max', 5) }))).toBeNull();
    const none = { 'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712' };
    const used = { 'sys/fs/cgroup/memory/memory.usage_in_bytes': '7' };
    expect(readGroupMemory(await root({ 'proc/self/cgroup': '4:memory:/\n', ...none, ...used }))).toBeNull();
  });

  it('does not count files that the kernel keeps', async () => {
    const statistics = 'anon 300\nfile 600\nactive_file 150\ninactive_file 250\nshmem 200\n';
    expect(readGroupMemory(await root({ ...V2, ...group('pod/box/', '1000', 900, statistics) }))).toEqual({
      limitBytes: 1000,
      availableBytes: 1000 - (900 - 150 - 250),
    });
  });

  it('takes the group above that leaves less', async () => {
    const files = { ...V2, ...group('pod/box/', '1000', 100), ...group('pod/', '2000', 1950) };
    expect(readGroupMemory(await root(files))).toEqual({ limitBytes: 2000, availableBytes: 50 });
  });

  it('finds its own group in a container, where it is the root', async () => {
    expect(readGroupMemory(await root({ ...V2, ...group('', '1000', 400) }))).toEqual({
      limitBytes: 1000,
      availableBytes: 600,
    });
  });

  it('has nothing left rather than less', async () => {
    const { availableBytes } = readGroupMemory(await root({ ...V2, ...group('pod/box/', '1000', 1200) }))!;
    expect(availableBytes).toBe(0);
  });

  it('reads version 1, also where it shares its line', async () => {
    const at = (name: string) => `sys/fs/cgroup/memory/docker/abc/memory.${name}`;
    const files = {
      'proc/self/cgroup': '7:cpu:/x\n4:hugetlb,memory:/docker/abc\n0::/\n',
      [at('limit_in_bytes')]: '5000\n',
      [at('usage_in_bytes')]: '4000\n',
      [at('stat')]: 'cache 9\ntotal_active_file 100\ntotal_inactive_file 900\n',
    };
    expect(readGroupMemory(await root(files))).toEqual({ limitBytes: 5000, availableBytes: 2000 });
  });
});

describe('readMemory', () => {
  const meminfo = { 'proc/meminfo': 'MemTotal:       100 kB\nMemFree:   1 kB\nMemAvailable:   60 kB\n' };

  it('is what the machine has available', async () => {
    expect(readMemory(await root(meminfo))).toEqual({ totalBytes: 102_400, availableBytes: 61_440 });
  });

  it("is what the container's limit leaves, where that is less", async () => {
    const files = { ...meminfo, ...V2, ...group('pod/box/', '50000', 20_000) };
    expect(readMemory(await root(files))).toEqual({ totalBytes: 50_000, availableBytes: 30_000 });
    const roomy = { ...meminfo, ...V2, ...group('pod/box/', '90000000', 20_000) };
    expect(readMemory(await root(roomy))).toEqual({ totalBytes: 102_400, availableBytes: 61_440 });
  });
});

describe('readOwnMemory', () => {
  it('leaves out the pages of libraries', async () => {
    const status = 'VmRSS:\t   900 kB\nRssAnon:\t   300 kB\nRssFile:\t   500 kB\nRssShmem:\t   100 kB\n';
    expect(readOwnMemory(await root({ 'proc/self/status': status }))).toBe(400 * 1024);
    expect(readOwnMemory()).toBeGreaterThan(1e7);
  });
});
