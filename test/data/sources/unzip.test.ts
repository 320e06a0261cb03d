import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UNZIP_LIMITS, type UnzipLimits, unzipSource } from '../../../src/data/sources/unzip.ts';
import { UserError } from '../../../src/system/errors.ts';
import { type ZipEntry, zipBytes } from '../../support/source-zips.ts';
import { filesIn, useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

const PHOTO: ZipEntry = { name: 'a.jpg', content: 'the content of a photo' };

/** Unpacks the bytes into `out` of a new folder, beside the zip. */
async function unzip(zip: Buffer, limits: Partial<UnzipLimits> = {}) {
  const folder = await tempFolder();
  const path = join(folder, 'train.zip');
  await writeFile(path, zip);
  const out = join(folder, 'out');
  const done = unzipSource(path, out, { limits: { ...UNZIP_LIMITS, ...limits } });
  return { folder, path, out, done };
}

async function expectRefusal(zip: Buffer, message: string | RegExp, limits: Partial<UnzipLimits> = {}) {
  const { folder, path, done } = await unzip(zip, limits);
  await expect(done).rejects.toBeInstanceOf(UserError);
  await expect(done).rejects.toThrow(message);
  await expect(done).rejects.toThrow(`Cannot unpack ${path}: `);
  await expect(done).rejects.not.toThrow('\n');
  const outside = (await filesIn(folder)).filter((name) => name !== 'train.zip' && !name.startsWith('out/'));
  expect(outside).toEqual([]);
}

/** Changes bytes wherever they occur: file names stand in the local and in the central header. */
function replaceBytes(zip: Buffer, from: Buffer | string, to: Buffer | string): Buffer {
  const changed = Buffer.from(zip);
  for (let at = zip.indexOf(from); at >= 0; at = zip.indexOf(from, at + from.length)) {
    changed.set(Buffer.from(to as Buffer), at);
  }
  return changed;
}

const CENTRAL_HEADER = Buffer.from('PK\x01\x02', 'latin1');
/** Places in the central header, see APPNOTE.TXT 4.3.12. */
const FLAGS_AT = 8;
const UNCOMPRESSED_SIZE_AT = 24;

function patchCentralHeader(zip: Buffer, at: number, value: number, bytes: 2 | 4): Buffer {
  const changed = Buffer.from(zip);
  changed.writeUIntLE(value, zip.indexOf(CENTRAL_HEADER) + at, bytes);
  return changed;
}

describe('unzipSource', () => {
  it('unpacks images and annotations, with their folders, and nothing else', async () => {
    const names = [
      '_annotations.coco.json',
      'a.jpg',
      'c.webp',
      'd.tif',
      'data.yaml',
      'labels/e.txt',
      'sub/b.PNG',
    ];
    const others = ['README', 'run.sh', '__MACOSX/._a.jpg', '.hidden.jpg', 'sub/.DS_Store', 'a.gif'];
    const { out, done } = await unzip(
      await zipBytes([...names, ...others].map((name) => ({ name, content: name }))),
    );
    await done;
    expect(await filesIn(out)).toEqual(names);
    expect(await readFile(join(out, 'sub/b.PNG'), 'utf8')).toBe('sub/b.PNG');
  });

  it('makes an empty folder of an empty zip', async () => {
    const { out, done } = await unzip(await zipBytes([]));
    await done;
    expect(await filesIn(out)).toEqual([]);
  });

  it('stops when it is asked to', async () => {
    const folder = await tempFolder();
    const path = join(folder, 'train.zip');
    await writeFile(path, await zipBytes([PHOTO]));
    const reason = new Error('stopped');
    const unzipped = unzipSource(path, join(folder, 'out'), { signal: AbortSignal.abort(reason) });
    await expect(unzipped).rejects.toBe(reason);
    expect(await filesIn(join(folder, 'out'))).toEqual([]);
  });

  it('refuses what is no zip', async () => {
    await expectRefusal(
      Buffer.from('<html>404</html>'),
      /not a whole zip file \(.+\); put a sound copy in its place$/,
    );
    await expectRefusal(Buffer.alloc(0), 'not a whole zip file');
  });

  it('refuses a zip that is cut off, at any length', async () => {
    const zip = await zipBytes([PHOTO, { name: '_annotations.coco.json', content: '{}' }]);
    for (let length = 1; length < zip.length; length += 17)
      await expectRefusal(zip.subarray(0, length), 'Cannot unpack');
  });

  it('says that a zip is missing', async () => {
    const path = join(await tempFolder(), 'none.zip');
    await expect(unzipSource(path, await tempFolder())).rejects.toThrow(`Cannot unpack ${path}: `);
  });

  it('refuses a damaged entry, compressed or stored', async () => {
    const zip = await zipBytes([{ name: 'a.jpg', content: Buffer.alloc(5000, 'roof') }]);
    const flipped = Buffer.from(zip);
    flipped[45]! ^= 0xff;
    await expectRefusal(flipped, 'put a sound copy in its place');
    const crcAt = 16;
    await expectRefusal(patchCentralHeader(zip, crcAt, 12345, 4), '"a.jpg" is damaged (its CRC-32 is wrong)');
  });

  it('refuses entries that would land outside the folder', async () => {
    const zip = await zipBytes([{ name: 'xx/evil.jpg', content: 'evil' }]);
    await expectRefusal(replaceBytes(zip, 'xx/evil.jpg', '../evil.jpg'), '../evil.jpg');
    await expectRefusal(replaceBytes(zip, 'xx/evil.jpg', '//tmp/e.jpg'), '//tmp/e.jpg');
    await expectRefusal(replaceBytes(zip, 'xx/evil.jpg', '..\\evil.jpg'), '../evil.jpg');
    await expectRefusal(replaceBytes(zip, 'xx/evil.jpg', 'C:/evi1.jpg'), 'C:/evi1.jpg');
  });

  it('refuses symbolic links', async () => {
    const link = { name: 'a.jpg', content: '/etc/passwd', mode: 0o120777 };
    await expectRefusal(await zipBytes([link]), '"a.jpg" is a symbolic link; pack the zip again');
  });

  it('refuses encrypted entries', async () => {
    const zip = patchCentralHeader(await zipBytes([PHOTO]), FLAGS_AT, 0x801, 2);
    await expectRefusal(zip, '"a.jpg" is encrypted; pack the zip again without a password');
  });

  it('refuses the same name twice', async () => {
    await expectRefusal(await zipBytes([PHOTO, PHOTO]), 'it holds "a.jpg" twice');
  });

  it('refuses a bomb by what it declares: in an entry, in all, in number', async () => {
    const zip = await zipBytes([1, 2, 3].map((i) => ({ name: `${i}.jpg`, content: Buffer.alloc(1000) })));
    await expectRefusal(zip, /"1\.jpg".+looks like a zip bomb/, { bytesPerImage: 999 });
    await expectRefusal(zip, /"3\.jpg".+looks like a zip bomb/, { bytes: 2999 });
    const json = await zipBytes([{ name: 'a.json', content: Buffer.alloc(1000) }]);
    await expectRefusal(json, /"a\.json".+looks like a zip bomb/, { bytesPerAnnotationFile: 999 });
    await expectRefusal(zip, /"2\.jpg".+of 1500 in all: it looks like a zip bomb/, {
      ratio: 0.1,
      freeBytes: 1500,
    });
    await expectRefusal(zip, 'it has 3 entries, more than the limit of 2', { entries: 2 });
    await (await unzip(zip, { entries: 3, bytes: 3000, bytesPerImage: 1000 })).done;
  });

  it('refuses a bomb whose entries share their bytes', async () => {
    const zip = await zipBytes([{ name: 'a.jpg', content: randomBytes(1000) }]);
    const [start, end] = [zip.indexOf(CENTRAL_HEADER), zip.indexOf('PK\x05\x06', 0, 'latin1')];
    const central = zip.subarray(start, end);
    const twice = Buffer.from(central);
    twice.write('b.jpg', twice.indexOf('a.jpg'));
    const tail = Buffer.from(zip.subarray(end));
    tail.writeUInt16LE(2, 8);
    tail.writeUInt16LE(2, 10);
    tail.writeUInt32LE(2 * central.length, 12);
    await expectRefusal(Buffer.concat([zip.subarray(0, start), central, twice, tail]), 'share their bytes');
  });

  it('refuses a bomb that declares less than it holds', async () => {
    const zip = await zipBytes([{ name: 'a.jpg', content: Buffer.alloc(5_000_000) }]);
    const { out, done } = await unzip(patchCentralHeader(zip, UNCOMPRESSED_SIZE_AT, 10, 4), {
      bytesPerImage: 1000,
    });
    await expect(done).rejects.toThrow(/damaged \(too many bytes in the stream/);
    expect((await readFile(join(out, 'a.jpg'))).length).toBeLessThan(100_000);
  });
});
