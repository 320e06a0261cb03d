/**
 * The safetensors file format — https://github.com/huggingface/safetensors#format: 8 bytes little-endian length of the
 * header, a JSON header, then the tensors' bytes back to back. Only float32 here.
 */
import { readFile } from 'node:fs/promises';
import { UserError } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';

/** A tensor in host memory, row-major. */
export interface HostTensor {
  shape: readonly number[];
  values: Float32Array;
}

/** Content of a file. */
export interface TensorFile {
  tensors: Map<string, HostTensor>;
  /** Strings about the file, as its `__metadata__`. */
  metadata: Record<string, string>;
}

/** Headers longer than this are refused, as the reference implementation does. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

/** Writes tensors in the order of their names: the same tensors give the same bytes. */
export async function writeSafetensors(path: string, file: TensorFile): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(file));
}

/** @throws UserError when the file is missing or is not a safetensors file of float32 tensors */
export async function readSafetensors(path: string): Promise<TensorFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  return decodeSafetensors(bytes, path);
}

/** @returns the file's bytes */
export function encodeSafetensors({ tensors, metadata }: TensorFile): Buffer {
  const names = [...tensors.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let offset = 0;
  for (const name of names) {
    const { shape, values } = tensors.get(name)!;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES, ' ');
  json.copy(padded);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(padded.length));
  const bodies = names.map((name) => {
    const { values } = tensors.get(name)!;
    return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  });
  return Buffer.concat([length, padded, ...bodies]);
}

/** @param path only for messages */
export function decodeSafetensors(bytes: Uint8Array, path: string): TensorFile {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, bodyStart } = readHeader(view, path);
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map<string, HostTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    tensors.set(name, readTensor(view.subarray(bodyStart), entry, `${path}: tensor ${name}`));
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function readHeader(view: Buffer, path: string): { header: Record<string, unknown>; bodyStart: number } {
  const length = view.length >= LENGTH_BYTES ? Number(view.readBigUInt64LE()) : Number.POSITIVE_INFINITY;
  if (length > Math.min(MAX_HEADER_BYTES, view.length - LENGTH_BYTES)) {
    throw notSafetensors(path, 'its header is cut off');
  }
  try {
    const header: unknown = JSON.parse(view.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + length));
    if (typeof header !== 'object' || header === null) throw new TypeError('expected an object');
    return { header: header as Record<string, unknown>, bodyStart: LENGTH_BYTES + length };
  } catch (error) {
    throw notSafetensors(path, `its header is not a JSON object (${(error as Error).message})`);
  }
}

function readTensor(body: Buffer, entry: unknown, what: string): HostTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (dtype !== 'F32') throw notSafetensors(what, `dtype ${String(dtype)} is not supported, expected F32`);
  if (!isNumbers(shape) || !isNumbers(offsets)) throw notSafetensors(what, 'shape or offsets are missing');
  const [begin = 0, end = 0] = offsets;
  const bytes = shape.reduce((product, size) => product * size, 4);
  if (begin < 0 || end - begin !== bytes || end > body.length) {
    throw notSafetensors(
      what,
      `expected ${bytes} bytes, the file holds ${Math.min(end, body.length) - begin}`,
    );
  }
  return { shape, values: new Float32Array(Uint8Array.from(body.subarray(begin, end)).buffer) };
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function notSafetensors(what: string, why: string): UserError {
  return new UserError(`${what} is not a usable safetensors file: ${why}; train again or give another file`);
}
