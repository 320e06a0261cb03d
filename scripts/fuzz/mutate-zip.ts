/** Lies that a zip can tell. */
import { crc32, deflateRawSync } from 'node:zlib';
import type { Random } from '../../src/system/random.ts';
import { names, pick } from './hostile-values.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { type End, type RawEntry, soundEntry, writeRawZip } from './zip-writer.ts';

interface Zip {
  entries: RawEntry[];
  lie: (end: End) => End;
}

type Trick = (zip: Zip, random: Random, outside: string) => void;

const SIZES = [0, 1, 999, 2 ** 27 + 1, 2 ** 30 + 1, 2 ** 31, 2 ** 32 - 1];
const [SYMLINK_MODE, FOLDER_MODE, DEVICE_MODE] = [0o120777, 0o40755, 0o20666];
const ENCRYPTED = 0x1;

const TRICKS: Readonly<Record<string, Trick>> = {
  name: (zip, random, outside) => {
    const entry = pick(random, zip.entries);
    entry.name = Buffer.from(pick(random, names(outside)));
    if (random.int(2) === 0) entry.localName = entry.name;
  },
  'symbolic link': (zip, random, outside) => {
    const target = Buffer.from(pick(random, [outside, '/etc/passwd', '..', 'a.png']));
    const link = { ...soundEntry('link.png', target), attributes: SYMLINK_MODE * 2 ** 16 };
    zip.entries.unshift(link, soundEntry('link.png/evil.png', Buffer.from('evil')));
  },
  'file as folder': (zip) => {
    zip.entries.push(soundEntry('x.png', Buffer.from('x')), soundEntry('x.png/y.png', Buffer.from('y')));
  },
  'other kind of file': (zip, random) => {
    pick(random, zip.entries).attributes = pick(random, [FOLDER_MODE, DEVICE_MODE, 0]) * 2 ** 16;
  },
  'wrong CRC': (zip, random) => {
    pick(random, zip.entries).crc = random.int(2 ** 32);
  },
  encrypted: (zip, random) => {
    pick(random, zip.entries).flags |= ENCRYPTED;
  },
  flags: (zip, random) => {
    pick(random, zip.entries).flags = random.int(2 ** 16);
  },
  method: (zip, random) => {
    pick(random, zip.entries).method = pick(random, [0, 1, 8, 9, 12, 14, 93, 99, random.int(2 ** 16)]);
  },
  'lying size': (zip, random) => {
    pick(random, zip.entries).size = pick(random, SIZES);
  },
  'lying packed size': (zip, random) => {
    pick(random, zip.entries).packedSize = pick(random, SIZES);
  },
  'duplicate name': (zip, random) => {
    const entry = pick(random, zip.entries);
    for (let i = pick(random, [1, 3, 500]); i > 0; i--) zip.entries.push({ ...entry });
  },
  'shared bytes': (zip, random) => {
    const [place, entry] = pick(random, [...zip.entries.entries()]);
    for (let i = pick(random, [2, 300]); i > 0; i--) {
      const name = Buffer.from(`${i}${pick(random, ['.png', '.json'])}`);
      zip.entries.push({ ...entry, name, packed: Buffer.alloc(0), sharesBytesOf: place });
    }
  },
  bomb: (zip, random) => {
    const name = pick(random, [
      'bomb.png',
      'bomb.json',
      '_annotations.coco.json',
      'labels/bomb.txt',
      'data.yaml',
    ]);
    const honest = bombEntry(name, random);
    zip.entries.push({ ...honest, size: pick(random, [honest.size, 100, 2 ** 28, 2 ** 31]) });
  },
  'many entries': (zip, random) => {
    const ending = pick(random, ['.png', '.json', '.txt']);
    for (let i = pick(random, [200, 3000]); i > 0; i--) {
      zip.entries.push(soundEntry(`n/${i}${ending}`, Buffer.from(pick(random, ['', '{}', '[]']))));
    }
  },
  'zip64 sizes': (zip, random) => {
    const entry = pick(random, zip.entries);
    [entry.size, entry.packedSize] = [2 ** 32 - 1, 2 ** 32 - 1];
    entry.extra = Buffer.alloc(pick(random, [4, 20, 28]), 0xff);
    entry.extra.writeUInt16LE(1, 0);
    entry.extra.writeUInt16LE(entry.extra.length - 4, 2);
  },
  'extra fields': (zip, random) => {
    pick(random, zip.entries).extra = Buffer.from(
      Array.from({ length: random.int(40) }, () => random.int(256)),
    );
  },
  'lying end': (zip, random) => {
    const key = pick(random, ['entries', 'centralSize', 'centralOffset'] as const);
    const value = pick(random, [0, 1, 65535, 2 ** 31, 2 ** 32 - 1]);
    zip.lie = (end) => ({ ...end, [key]: value });
  },
  comment: (zip, random) => {
    const comment = Buffer.from(pick(random, ['PK\x05\x06', 'x'.repeat(60_000), '\n\u001b[2J']), 'latin1');
    zip.lie = (end) => ({ ...end, comment });
  },
};

const BOMB_BYTES = 24 * 1024 ** 2;
const bombs = new Map<number, Pick<RawEntry, 'packed' | 'crc'>>();

/** What unpacks to a thousand times its size; packed once, as it is the same each time. */
function bombEntry(name: string, random: Random): RawEntry {
  const byte = pick(random, [0, 0x20, 0x5b, 0x0a]);
  let bomb = bombs.get(byte);
  if (bomb === undefined) {
    const content = Buffer.alloc(BOMB_BYTES, byte);
    bomb = { packed: deflateRawSync(content), crc: crc32(content) };
    bombs.set(byte, bomb);
  }
  const { packed, crc } = bomb;
  return {
    ...soundEntry(name, Buffer.alloc(0)),
    method: 8,
    packed,
    crc,
    packedSize: packed.length,
    size: BOMB_BYTES,
  };
}

/** @param files what a sound zip would hold */
export function mutateZip(
  files: ReadonlyMap<string, Buffer>,
  random: Random,
  outside: string,
  tricks: string[],
): Buffer {
  const zip: Zip = { entries: [...files].map(([name, bytes]) => soundEntry(name, bytes)), lie: (end) => end };
  for (let i = random.int(3); i > 0; i--) {
    const name = pick(random, Object.keys(TRICKS));
    tricks.push(name);
    TRICKS[name]!(zip, random, outside);
  }
  const bytes = writeRawZip(zip.entries, zip.lie);
  return random.int(3) === 0 || tricks.length === 0 ? mutateBytes(bytes, random, tricks) : bytes;
}
