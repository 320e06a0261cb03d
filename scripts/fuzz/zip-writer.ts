/** Zip files in which every field can lie: APPNOTE.TXT 4.3. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface RawEntry {
  name: Buffer;
  content: Buffer;
  method: number;
  flags: number;
  /** Unix mode in the upper half. */
  attributes: number;
  crc: number;
  size: number;
  /** Deflated or stored content. */
  packed: Buffer;
  packedSize: number;
  /** In the local header, where it differs. */
  localName: Buffer;
  extra: Buffer;
  /** Of the entry whose bytes it says to have; itself where null. */
  sharesBytesOf: number | null;
}

const UTF8_NAME = 0x800;
const [STORED, DEFLATED] = [0, 8];

export function soundEntry(name: string, content: Buffer): RawEntry {
  const bytes = Buffer.from(name);
  const packed = deflateRawSync(content);
  const isSmaller = packed.length < content.length;
  const data = isSmaller ? packed : content;
  return {
    ...{ name: bytes, localName: bytes, content, flags: UTF8_NAME, attributes: 0o100644 * 2 ** 16 },
    ...{ method: isSmaller ? DEFLATED : STORED, crc: crc32(content), size: content.length },
    ...{ packed: data, packedSize: data.length, extra: Buffer.alloc(0), sharesBytesOf: null },
  };
}

/** What the end of the zip says. */
export interface End {
  entries: number;
  centralSize: number;
  centralOffset: number;
  comment: Buffer;
}

export function writeRawZip(entries: readonly RawEntry[], lie: (end: End) => End = (end) => end): Buffer {
  const parts: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const entry of entries) {
    offsets.push(offset);
    const local = Buffer.concat([localHeader(entry), entry.localName, entry.extra, entry.packed]);
    parts.push(local);
    offset += local.length;
  }
  const central = entries.map((entry, i) =>
    Buffer.concat([centralHeader(entry, offsets[entry.sharesBytesOf ?? i]!), entry.name, entry.extra]),
  );
  const centralSize = central.reduce((sum, { length }) => sum + length, 0);
  const honest = { entries: entries.length, centralSize, centralOffset: offset, comment: Buffer.alloc(0) };
  return Buffer.concat([...parts, ...central, endRecord(lie(honest))]);
}

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const VERSION = 20;
const [MASK_16, MASK_32] = [2 ** 16, 2 ** 32];

/** A number and how many bytes it takes. */
type Field = readonly [value: number, bytes: 2 | 4];

/** Little-endian numbers one after the other. */
function fields(...values: readonly Field[]): Buffer {
  return Buffer.concat(
    values.map(([value, bytes]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(Math.abs(value) % (bytes === 2 ? MASK_16 : MASK_32), 0, bytes);
      return field;
    }),
  );
}

function localHeader(entry: RawEntry): Buffer {
  return fields([LOCAL, 4], ...commonFields(entry, entry.localName));
}

function centralHeader(entry: RawEntry, offset: number): Buffer {
  const { name, attributes } = entry;
  return fields(
    [CENTRAL, 4],
    [VERSION + 0x300, 2],
    ...commonFields(entry, name),
    [0, 2],
    [0, 4],
    [attributes, 4],
    [offset, 4],
  );
}

/** What both headers of an entry say, from the version that is needed to the length of the extra field. */
function commonFields({ flags, method, crc, packedSize, size, extra }: RawEntry, name: Buffer): Field[] {
  return [
    [VERSION, 2],
    [flags, 2],
    [method, 2],
    [0, 4],
    [crc, 4],
    [packedSize, 4],
    [size, 4],
    [name.length, 2],
    [extra.length, 2],
  ];
}

function endRecord({ entries, centralSize, centralOffset, comment }: End): Buffer {
  const numbers = fields(
    ...([
      [END, 4],
      [0, 2],
      [0, 2],
      [entries, 2],
      [entries, 2],
    ] as const),
    ...([
      [centralSize, 4],
      [centralOffset, 4],
      [comment.length, 2],
    ] as const),
  );
  return Buffer.concat([numbers, comment]);
}
