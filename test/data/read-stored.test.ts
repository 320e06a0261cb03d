import { mkdir, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { closeStored, readStored } from '../../src/data/read-stored.ts';
import { UserError } from '../../src/system/errors.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

afterEach(closeStored);

async function writeShards(count: number): Promise<string[]> {
  const folder = await tempFolder();
  const paths = Array.from({ length: count }, (_, i) => join(folder, `${i}.tar`));
  for (const [i, path] of paths.entries()) await writeFile(path, `shard ${String(i).padStart(4, '0')}`);
  return paths;
}

/** Those that this process has open now. */
async function openFiles(): Promise<string[]> {
  const links = await readdir('/proc/self/fd');
  const targets = await Promise.all(links.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target.endsWith('.tar'));
}

describe('readStored', () => {
  it('reads the bytes at their place', async () => {
    const [shard] = await writeShards(1);
    expect(String(await readStored({ shard: shard!, offset: 6, length: 4 }))).toBe('0000');
    expect(String(await readStored({ shard: shard!, offset: 0, length: 5 }))).toBe('shard');
  });

  it('reads many at a time from more shards than it keeps open', async () => {
    const shards = await writeShards(150);
    const reads = Array.from({ length: 1500 }, (_, i) =>
      readStored({ shard: shards[(i * 7) % 150]!, offset: 6, length: 4 }),
    );
    const texts = (await Promise.all(reads)).map((bytes) => Number(bytes));
    expect(texts).toEqual(Array.from({ length: 1500 }, (_, i) => (i * 7) % 150));
    expect((await openFiles()).length).toBeLessThanOrEqual(64);
    expect((await openFiles()).length).toBeGreaterThan(0);
  });

  it('opens no file twice while it is in use', async () => {
    const [shard] = await writeShards(1);
    await Promise.all(Array.from({ length: 50 }, () => readStored({ shard: shard!, offset: 0, length: 5 })));
    expect(await openFiles()).toEqual([shard]);
  });

  it('keeps reading what it has open, until it is told to let go', async () => {
    const [shard] = await writeShards(1);
    const bytes = { shard: shard!, offset: 6, length: 4 };
    await readStored(bytes);
    await writeFile(`${shard}.new`, 'shard 9999');
    await rename(`${shard}.new`, shard!);
    expect(String(await readStored(bytes))).toBe('0000');
    await closeStored();
    expect(await openFiles()).toEqual([]);
    expect(String(await readStored(bytes))).toBe('9999');
  });

  it('lets readers finish that are under way when it lets go', async () => {
    const [shard] = await writeShards(1);
    const reads = Array.from({ length: 20 }, () => readStored({ shard: shard!, offset: 6, length: 4 }));
    await closeStored();
    expect((await Promise.all(reads)).map(String)).toEqual(Array.from({ length: 20 }, () => '0000'));
    expect(await openFiles()).toEqual([]);
  });

  it('says in one line which shard is missing, too short or no file, and reads it once it is there', async () => {
    const [shard] = await writeShards(1);
    const missing = join(shard!, '../missing.tar');
    const folder = join(shard!, '../folder.tar');
    await mkdir(folder);
    const expectError = async (path: string, length: number, message: RegExp) => {
      const reading = readStored({ shard: path, offset: 6, length });
      await expect(reading).rejects.toBeInstanceOf(UserError);
      await expect(reading).rejects.toThrow(message);
    };
    await expectError(missing, 4, /^Cannot read .+missing\.tar: ENOENT.+: run `aerial data-prep` again$/);
    await expectError(folder, 4, /^Cannot read .+folder\.tar: EISDIR/);
    await expectError(shard!, 5, /0\.tar has only 4 of the 5 bytes from 6 on: run `aerial data-prep` again$/);
    await writeFile(missing, 'shard 0007');
    expect(String(await readStored({ shard: missing, offset: 6, length: 4 }))).toBe('0007');
    await rm(missing);
  });

  it('works in worker threads, which leave nothing open behind', async () => {
    const [shard] = await writeShards(1);
    const module = new URL('../../src/data/read-stored.ts', import.meta.url).href;
    const script = `
      import { parentPort } from 'node:worker_threads';
      import { readStored } from ${JSON.stringify(module)};
      parentPort.postMessage(String(await readStored({ shard: ${JSON.stringify(shard)}, offset: 6, length: 4 })));`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
    const [text, code] = await Promise.all([
      new Promise((resolve) => worker.once('message', resolve)),
      new Promise((resolve) => worker.once('exit', resolve)),
    ]);
    expect([text, code]).toEqual(['0000', 0]);
    expect(await openFiles()).toEqual([]);
  });
});
