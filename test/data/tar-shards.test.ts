import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { createShardWriter, type Place, SHARD_BYTES } from '../../src/data/tar-shards.ts';
import { sha256File } from '../../src/system/files.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

/** Every length around tar's block of 512 bytes, and every kind of name that has headers of its own. */
const FILES: [name: string, length: number][] = [
  ['a.jpg', 1],
  ['b.jpg', 511],
  ['c.jpg', 512],
  ['d.jpg', 513],
  ['日本 – Dach №1.png', 1000],
  [`${'long'.repeat(60)}.jpg`, 700],
  [`${'ü'.repeat(120)}.jpg`, 2048],
  ['with space "and" quotes.jpg', 100_000],
];

const contentOf = (i: number, length: number) => Buffer.alloc(length, i + 1);

async function writeAll(folder: string, limit?: number) {
  const writer = createShardWriter(folder, 'images/train', limit);
  const places: Place[] = [];
  for (const [i, [name, length]] of FILES.entries())
    places.push(await writer.add(name, contentOf(i, length)));
  return { places, shards: await writer.finish() };
}

describe('createShardWriter', () => {
  it('says where the bytes of each file lie, whatever its name', async () => {
    const folder = await tempFolder();
    const { places, shards } = await writeAll(folder);
    expect(Object.keys(shards)).toEqual(['images/train-000.tar']);
    const shard = await readFile(join(folder, 'images/train-000.tar'));
    FILES.forEach(([, length], i) => {
      const { offset } = places[i]!;
      expect(places[i]).toEqual({ shard: 'images/train-000.tar', offset, length });
      expect(shard.subarray(offset, offset + length)).toEqual(contentOf(i, length));
    });
    const { offset, length } = places.at(-1)!;
    const end = Math.ceil((offset + length) / 512) * 512;
    expect(shard.subarray(end)).toEqual(Buffer.alloc(1024));
  });

  it('agrees with another reader about names, sizes, places and owners', async () => {
    const folder = await tempFolder();
    const { places } = await writeAll(folder);
    const reader = extract();
    reader.end(await readFile(join(folder, 'images/train-000.tar')));
    const found: unknown[] = [];
    for await (const entry of reader) {
      const { name, size, uid, gid, mode, mtime } = entry.header;
      found.push({
        name,
        size,
        uid,
        gid,
        mode,
        mtime,
        offset: (entry.header as { byteOffset?: number }).byteOffset,
      });
      entry.resume();
    }
    const fixed = { uid: 0, gid: 0, mode: 0o644, mtime: new Date(0) };
    expect(found).toEqual(
      FILES.map(([name, size], i) => ({ name, size, ...fixed, offset: places[i]!.offset })),
    );
  });

  it('is unpacked by tar itself', async ({ skip }) => {
    const folder = await tempFolder();
    await writeAll(folder);
    const { exitCode, stderr, code } = await execa(
      'tar',
      ['-xf', 'images/train-000.tar', '--no-same-owner'],
      { cwd: folder, reject: false },
    );
    if (code === 'ENOENT') skip('there is no tar');
    expect([exitCode, stderr]).toEqual([0, '']);
    for (const [i, [name, length]] of FILES.entries()) {
      expect(await readFile(join(folder, name))).toEqual(contentOf(i, length));
    }
  });

  it('begins a new shard before one grows too large, and puts what is larger into one of its own', async () => {
    const folder = await tempFolder();
    const limit = 20_000;
    const { places, shards } = await writeAll(folder, limit);
    expect(Object.keys(shards)).toEqual(['images/train-000.tar', 'images/train-001.tar']);
    expect(places.map(({ shard }) => Number(shard.slice(-5, -4)))).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
    expect(shards['images/train-000.tar']!.size).toBeLessThanOrEqual(limit);
    expect(SHARD_BYTES).toBe(268_435_456);
  });

  it('gives sizes and hashes as they are on the disk, the same each time', async () => {
    const [one, two] = [await tempFolder(), await tempFolder()];
    const [first, second] = [await writeAll(one, 3000), await writeAll(two, 3000)];
    expect(second).toEqual(first);
    expect(await filesIn(one)).toEqual(Object.keys(first.shards));
    for (const [path, { size, sha256 }] of Object.entries(first.shards)) {
      expect((await stat(join(one, path))).size).toBe(size);
      expect(await sha256File(join(one, path))).toBe(sha256);
    }
  });

  it('writes nothing where there are no files', async () => {
    const folder = await tempFolder();
    expect(await createShardWriter(folder, 'images/train').finish()).toEqual({});
    expect(await readdir(folder)).toEqual([]);
  });
});
