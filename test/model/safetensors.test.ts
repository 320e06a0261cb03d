import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  writeSafetensors,
} from '../../src/model/safetensors.ts';

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
    expect(encodeSafetensors({ tensors: reversed, metadata })).toEqual(
      encodeSafetensors({ tensors, metadata }),
    );
    expect([...decodeSafetensors(encodeSafetensors({ tensors, metadata }), 'x').tensors.keys()]).toEqual([
      'a.kernel',
      'scalar',
      'z.bias',
    ]);
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
    const bytes = whole().toString('latin1').replace('"F32"', '"F16"');
    await refuse(Buffer.from(bytes, 'latin1'), /tensor a\.kernel .*dtype F16 is not supported/);
  });
  it('leaves no part file behind', async () => {
    await writeSafetensors(join(folder, 'b.safetensors'), { tensors, metadata });
    expect(await readFile(join(folder, 'b.safetensors'))).toEqual(whole());
  });
});
