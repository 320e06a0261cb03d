import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  encodeSafetensors,
  openSafetensors,
  readSafetensors,
  writeSafetensors,
} from '../../src/model/safetensors.ts';
import { UserError } from '../../src/system/errors.ts';

const tensors = new Map([
  ['z.bias', { shape: [2], values: Float32Array.of(1.5, -2) }],
  ['a.kernel', { shape: [1, 3], values: Float32Array.of(0, 1 / 3, Number.MAX_VALUE) }],
  ['scalar', { shape: [], values: Float32Array.of(7) }],
]);
const metadata = { epoch: '3' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('safetensors', () => {
  it('come back as they were written', async () => {
    const path = join(folder, 'a.safetensors');
    await writeSafetensors(path, { tensors, metadata });
    const read = await readSafetensors(path);
    expect(read.metadata).toEqual(metadata);
    expect(Object.fromEntries(read.tensors)).toEqual(Object.fromEntries(tensors));
  });
  it('are sorted by name, so that the same tensors give the same bytes', () => {
    const reversed = new Map([...tensors].reverse());
    const bytes = encodeSafetensors({ tensors, metadata });
    expect(encodeSafetensors({ tensors: reversed, metadata })).toEqual(bytes);
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE())));
    expect(Object.keys(header)).toEqual(['__metadata__', 'a.kernel', 'scalar', 'z.bias']);
  });
  it('have the layout of the format, byte by byte', () => {
    const bytes = encodeSafetensors({
      tensors: new Map([['w', { shape: [1], values: Float32Array.of(1) }]]),
      metadata: {},
    });
    const header = '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect(bytes.readBigUInt64LE()).toBe(BigInt(padded.length));
    expect(bytes.toString('utf8', 8, 8 + padded.length)).toBe(padded);
    expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f]);
  });
});

describe('readSafetensors', () => {
  const refuse = async (content: Uint8Array | string, message: RegExp) => {
    const path = join(folder, 'broken.safetensors');
    await writeFile(path, content);
    await expect(readSafetensors(path)).rejects.toThrow(message);
  };
  const whole = () => encodeSafetensors({ tensors, metadata });

  it('says that a file is missing', async () => {
    await expect(readSafetensors(join(folder, 'none'))).rejects.toThrow(/Cannot read .*none: ENOENT/);
  });
  it('refuses an empty file and one that is cut off in its header', async () => {
    await refuse('', /header is cut off/);
    await refuse(whole().subarray(0, 40), /header is cut off/);
  });
  it('refuses a file that is cut off in its tensors, naming the first that is short', async () => {
    await refuse(whole().subarray(0, -3), /tensor z\.bias .*expected 8 bytes, the file holds 5/);
  });
  it('refuses what is not safetensors at all', async () => {
    await refuse(
      Buffer.concat([Buffer.of(9, 0, 0, 0, 0, 0, 0, 0), Buffer.from('not json at all')]),
      /header is not a JSON object/,
    );
  });
  it('refuses a header that is JSON, but no object', async () => {
    await refuse(
      Buffer.concat([Buffer.of(4, 0, 0, 0, 0, 0, 0, 0), Buffer.from('null')]),
      /expected an object/,
    );
  });
  it('refuses other number types, naming the tensor', async () => {
    const bytes = whole().toString('latin1').replace('"F32"', '"F4X"');
    await refuse(
      Buffer.from(bytes, 'latin1'),
      /tensor a\.kernel .*dtype F4X is not supported, expected one of F64/,
    );
  });
  it('refuses a folder', async () => {
    await expect(readSafetensors(folder)).rejects.toThrow(/Cannot read .*EISDIR/);
  });
  it.each([
    ['of today, a zip archive', Buffer.from('PK\x03\x04\x00\x00\x08\x08 and more', 'latin1')],
    ['of before PyTorch 1.6, a pickle', Buffer.from('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46 and more', 'latin1')],
  ])('tells how to convert a file of torch.save %s', async (_, content) => {
    await refuse(
      content,
      /broken\.safetensors was written by torch\.save; .* python3 -c "import torch; .*save_file\(/,
    );
  });
  it('leaves no part file behind', async () => {
    await writeSafetensors(join(folder, 'b.safetensors'), { tensors, metadata });
    expect(await readFile(join(folder, 'b.safetensors'))).toEqual(whole());
  });
});

/** Bytes of a file with tensors of any type. */
function encode(
  entries: readonly { name: string; dtype: string; shape: number[]; bytes: Uint8Array }[],
): Buffer {
  let offset = 0;
  const header = Object.fromEntries(
    entries.map(({ name, dtype, shape, bytes }) => {
      const begin = offset;
      offset += bytes.length;
      return [name, { dtype, shape, data_offsets: [begin, offset] }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...entries.map(({ bytes }) => bytes)]);
}

/** A file with any header. */
function withHeader(header: unknown, bodyBytes: number): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(bodyBytes)]);
}

describe('readSafetensors, of headers that do not keep to the format', () => {
  const given = async (header: unknown, bodyBytes: number) => {
    const path = join(folder, 'header.safetensors');
    await writeFile(path, withHeader(header, bodyBytes));
    return readSafetensors(path);
  };
  const refuse = async (header: unknown, bodyBytes: number, message: string) => {
    const error = await given(header, bodyBytes).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    const { message: got } = error as UserError;
    expect(got).toContain(`${message}; train again or give another file`);
    expect(got).toContain('is not a usable safetensors file');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(got).not.toMatch(/[\x00-\x1f\x7f]/);
  };
  const f32 = (begin: number, end: number, ...more: number[]) => ({
    dtype: 'F32',
    shape: [(end - begin) / 4],
    data_offsets: [begin, end, ...more],
  });

  it.each([
    ['null', null],
    ['a text', 'x'],
    ['a list', ['x']],
    ['numbers', { epoch: 3 }],
    ['nested objects', { a: { b: 'c' } }],
    ['a null in it', { a: null }],
  ])('refuses __metadata__ that is %s', async (_, metadata) => {
    await refuse(
      { __metadata__: metadata, a: f32(0, 4) },
      4,
      ': its __metadata__ is not an object of strings',
    );
  });
  it('takes __metadata__ that is empty or not there', async () => {
    expect((await given({ __metadata__: {}, a: f32(0, 4) }, 4)).metadata).toEqual({});
    expect((await given({ a: f32(0, 4) }, 4)).metadata).toEqual({});
  });
  it('refuses a list', async () => {
    await refuse([], 0, 'its header is not a JSON object (expected an object)');
  });
  it.each(['constructor', '__proto__', 'toString', 'f32', ''])('refuses the dtype %j', async (dtype) => {
    const why = `dtype ${dtype} is not supported, expected one of F64, F32, F16, BF16`;
    await refuse({ a: { ...f32(0, 4), dtype } }, 4, `tensor a is not a usable safetensors file: ${why}`);
  });
  it.each([
    ['no dtype', { ...f32(0, 4), dtype: undefined }],
    ['a dtype that cannot be a text', { ...f32(0, 4), dtype: { toString: 1 } }],
    ['no offsets', { dtype: 'F32', shape: [1] }],
    ['one offset', { ...f32(0, 4), data_offsets: [0] }],
    ['three offsets', f32(0, 4, 8)],
    ['a negative length', { ...f32(0, 4), shape: [-1, -1] }],
    ['no object', 3],
    ['null', null],
  ])('refuses a tensor with %s', async (_, entry) => {
    await refuse({ a: entry }, 4, 'it lacks a dtype, a shape or two offsets');
  });
  it('refuses tensors that overlap', async () => {
    await refuse(
      { a: f32(0, 8), b: f32(4, 12) },
      12,
      'tensor b is not a usable safetensors file: it begins at byte 4, those before it end at 8',
    );
    await refuse({ a: f32(0, 8), b: f32(0, 8) }, 8, 'it begins at byte 0, those before it end at 8');
  });
  it('refuses holes: before, between and behind the tensors', async () => {
    await refuse({ a: f32(4, 8) }, 8, 'it begins at byte 4, those before it end at 0');
    await refuse({ b: f32(8, 12), a: f32(0, 4) }, 12, 'it begins at byte 8, those before it end at 4');
    await refuse({ a: f32(0, 4) }, 5, ': its tensors have 4 bytes, 5 follow the header');
    await refuse({}, 1, ': its tensors have 0 bytes, 1 follow the header');
  });
  it('looks at whole numbers, too', async () => {
    const counter = { dtype: 'I64', shape: [], data_offsets: [4, 12] };
    expect([...(await given({ a: f32(0, 4), counter }, 12)).tensors.keys()]).toEqual(['a']);
    await refuse(
      { a: f32(0, 4), counter: { ...counter, dtype: 'I32' } },
      12,
      'expected 4 bytes, the file holds 8',
    );
  });
  it('takes tensors without numbers, and any order of names', async () => {
    const { tensors: read } = await given({ z: f32(0, 4), a: f32(4, 8), none: f32(4, 4) }, 8);
    expect([...read.keys()]).toEqual(['z', 'a', 'none']);
    expect(read.get('none')!.values).toHaveLength(0);
  });
  it('shows names, types and broken JSON in one line that does nothing to the terminal', async () => {
    const name = '\x1b[31mEVIL\nerror: second line';
    const shown = String.raw`\u001b[31mEVIL\nerror: second line`;
    await refuse(
      { [name]: null },
      0,
      `tensor ${shown} is not a usable safetensors file: it lacks a dtype, a shape or two offsets`,
    );
    await refuse({ [name]: f32(4, 8) }, 8, 'those before it end at 0');
    await refuse(
      { a: { ...f32(0, 4), dtype: name } },
      4,
      `dtype ${shown} is not supported, expected one of F64, F32, F16, BF16`,
    );
    const path = join(folder, 'json.safetensors');
    const json = Buffer.from(`{"a": ${name}`);
    await writeFile(path, Buffer.concat([Buffer.of(json.length, 0, 0, 0, 0, 0, 0, 0), json]));
    await expect(readSafetensors(path)).rejects.toThrow(
      /^[^\p{Cc}]*header is not a JSON object[^\p{Cc}]*EVIL[^\p{Cc}]*$/u,
    );
  });
});

describe('readSafetensors, of numbers of other sizes', () => {
  const bytesOf = (values: Uint16Array | Float64Array | BigInt64Array) => new Uint8Array(values.buffer);
  const read = async (dtype: string, values: Uint16Array | Float64Array | BigInt64Array) => {
    const path = join(folder, `${dtype}.safetensors`);
    // The byte before puts the tensor at an odd place, where no typed array may begin.
    const byte = { name: 'byte', dtype: 'U8', shape: [1], bytes: Uint8Array.of(1) };
    await writeFile(
      path,
      encode([byte, { name: 'x', dtype, shape: [values.length], bytes: bytesOf(values) }]),
    );
    return (await readSafetensors(path)).tensors;
  };

  it('F16: subnormal, largest, infinite, not a number', async () => {
    const bits = Uint16Array.of(
      0x3c00,
      0xc000,
      0x3555,
      0x0001,
      0x83ff,
      0x7bff,
      0x8000,
      0x7c00,
      0xfc00,
      0x7e00,
    );
    const expected = [1, -2, 0.333251953125, 2 ** -24, -1023 * 2 ** -24, 65504, -0];
    const { values } = (await read('F16', bits)).get('x')!;
    expect([...values]).toEqual([
      ...expected,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
  });
  it('BF16', async () => {
    const bits = Uint16Array.of(0x3f80, 0xc000, 0x3eab, 0x0080, 0x7f80, 0x7fc0);
    const expected = [1, -2, 0.333984375, 2 ** -126, Number.POSITIVE_INFINITY, Number.NaN];
    expect([...(await read('BF16', bits)).get('x')!.values]).toEqual(expected);
  });
  it('F64, rounded to float32', async () => {
    const { shape, values } = (await read('F64', Float64Array.of(1 / 3, -1e300)))!.get('x')!;
    expect([shape, [...values]]).toEqual([[2], [Math.fround(1 / 3), Number.NEGATIVE_INFINITY]]);
  });
  it('passes over whole numbers', async () => {
    expect([...(await read('I64', BigInt64Array.of(3n))).keys()]).toEqual([]);
  });
});

describe('openSafetensors', () => {
  it('knows all shapes, and reads a tensor that begins behind the first 4 GiB', async () => {
    const path = join(folder, 'large.safetensors');
    const begin = 4 * 2 ** 30 + 4;
    const header = JSON.stringify({
      first: { dtype: 'F32', shape: [2 ** 30 + 1], data_offsets: [0, begin] },
      last: { dtype: 'F32', shape: [1, 2], data_offsets: [begin, begin + 8] },
    });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const file = await open(path, 'w');
    await file.write(Buffer.concat([length, Buffer.from(header)]));
    // All between is a hole that takes no space on the disk.
    await file.write(new Uint8Array(Float32Array.of(5, 6).buffer), 0, 8, 8 + header.length + begin);
    await file.close();
    const { shapes, read, close } = await openSafetensors(path);
    expect([...shapes]).toEqual([
      ['first', [2 ** 30 + 1]],
      ['last', [1, 2]],
    ]);
    expect(await read('last')).toEqual({ shape: [1, 2], values: Float32Array.of(5, 6) });
    await close();
  });
});
