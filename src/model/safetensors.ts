/**
 * The safetensors file format — https://github.com/huggingface/safetensors#format: 8 bytes little-endian length of the
 * header, a JSON header, then the tensors' bytes back to back. Floating point numbers are read as float32, whatever their
 * size, and written as such; whole numbers, as PyTorch's counters of batches, are passed over.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import { printable } from '../system/printable.ts';
import { bytesOfNumber, FLOAT_FORMATS, isFloatFormat } from './float-formats.ts';

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

/** A file of which single tensors can be read, however large it is. */
export interface OpenTensorFile {
  metadata: Record<string, string>;
  /** Of all tensors of floating point numbers, by name. */
  shapes: ReadonlyMap<string, readonly number[]>;
  /** @throws UserError when the file cannot be read */
  read(name: string): Promise<HostTensor>;
  close(): Promise<void>;
}

/** Headers longer than this are refused, as the reference implementation does. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
/** Below the 2 GiB that one call of the operating system reads. */
const MAX_READ_BYTES = 2 ** 30;

/** Where a tensor is in a file. */
interface Entry {
  dtype: string;
  shape: readonly number[];
  /** Byte among those of the tensors. */
  begin: number;
  bytes: number;
}

/** Writes tensors in the order of their names: the same tensors give the same bytes. */
export async function writeSafetensors(path: string, file: TensorFile): Promise<void> {
  await writeFileAtomic(path, partsOf(file));
}

/** @throws UserError when the file is missing or is not a safetensors file */
export async function readSafetensors(path: string): Promise<TensorFile> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, HostTensor>();
    for (const name of file.shapes.keys()) tensors.set(name, await file.read(name));
    return { tensors, metadata: file.metadata };
  } finally {
    await file.close();
  }
}

/**
 * Reads the header only. The caller closes the file.
 * @throws UserError when the file is missing or is not a safetensors file
 */
export async function openSafetensors(path: string): Promise<OpenTensorFile> {
  const handle = await open(path).catch((error: unknown) => Promise.reject(cannotRead(path, error)));
  try {
    const { size } = await handle.stat();
    const { header, bodyStart } = await readHeader(handle, size, path);
    const { __metadata__: metadata = {}, ...described } = header;
    if (!isRecordOfStrings(metadata))
      throw notSafetensors(path, 'its __metadata__ is not an object of strings');
    const entries = readEntries(described, size - bodyStart, path);
    const floats = [...entries].filter(([, { dtype }]) => isFloatFormat(dtype));
    return {
      metadata,
      shapes: new Map(floats.map(([name, { shape }]) => [name, shape])),
      read: async (name) => {
        const { dtype, shape, begin, bytes } = entries.get(name)!;
        const content = await readBytes(handle, { start: bodyStart + begin, bytes }, path);
        return { shape, values: FLOAT_FORMATS[dtype]!.decode(content) };
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** @returns the file's bytes */
export function encodeSafetensors(file: TensorFile): Buffer {
  return Buffer.concat(partsOf(file));
}

/** The file's bytes; those of the tensors lie where they are, for there may be gigabytes of them. */
function partsOf({ tensors, metadata }: TensorFile): Uint8Array[] {
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
  const bodies = names.map((name) => bytesOf(tensors.get(name)!));
  return [length, padded, ...bodies];
}

/** The tensor's numbers as they lie in memory. */
export function bytesOf({ values }: HostTensor): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

async function readHeader(
  handle: FileHandle,
  size: number,
  path: string,
): Promise<{ header: Record<string, unknown>; bodyStart: number }> {
  const start = Buffer.from(await readBytes(handle, { start: 0, bytes: Math.min(size, LENGTH_BYTES) }, path));
  const length = start.length === LENGTH_BYTES ? Number(start.readBigUInt64LE()) : Number.POSITIVE_INFINITY;
  if (isPickle(start, length)) throw pickled(path);
  if (length > Math.min(MAX_HEADER_BYTES, size - LENGTH_BYTES)) {
    throw notSafetensors(path, 'its header is cut off');
  }
  const json = await readBytes(handle, { start: LENGTH_BYTES, bytes: length }, path);
  try {
    const header: unknown = JSON.parse(Buffer.from(json.buffer).toString());
    if (!isRecord(header)) throw new TypeError('expected an object');
    return { header, bodyStart: LENGTH_BYTES + length };
  } catch (error) {
    // The message quotes the file.
    throw notSafetensors(path, `its header is not a JSON object (${printable((error as Error).message)})`);
  }
}

async function readBytes(
  handle: FileHandle,
  { start, bytes }: { start: number; bytes: number },
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const content = new Uint8Array(bytes);
  let filled = 0;
  while (filled < bytes) {
    const length = Math.min(bytes - filled, MAX_READ_BYTES);
    const { bytesRead } = await handle
      .read(content, filled, length, start + filled)
      .catch((error: unknown) => Promise.reject(cannotRead(path, error)));
    if (bytesRead === 0) throw notSafetensors(path, 'it was cut off while it was read');
    filled += bytesRead;
  }
  return content;
}

/** By name; back to back from the first to the last byte, as the format demands. */
function readEntries(
  described: Record<string, unknown>,
  bodyBytes: number,
  path: string,
): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [name, entry] of Object.entries(described)) {
    entries.set(name, readEntry(entry, bodyBytes, `${path}: tensor ${printable(name)}`));
  }
  let end = 0;
  const inOrder = [...entries].toSorted(([, a], [, b]) => a.begin - b.begin || a.bytes - b.bytes);
  for (const [name, { begin, bytes }] of inOrder) {
    if (begin !== end) {
      const what = `${path}: tensor ${printable(name)}`;
      throw notSafetensors(what, `it begins at byte ${begin}, those before it end at ${end}`);
    }
    end += bytes;
  }
  if (end !== bodyBytes) {
    throw notSafetensors(path, `its tensors have ${end} bytes, ${bodyBytes} follow the header`);
  }
  return entries;
}

function readEntry(entry: unknown, bodyBytes: number, what: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !isNumbers(shape) || !isNumbers(offsets) || offsets.length !== 2) {
    throw notSafetensors(what, 'it lacks a dtype, a shape or two offsets');
  }
  const size = bytesOfNumber(dtype);
  if (size === null) {
    const expected = Object.keys(FLOAT_FORMATS).join(', ');
    throw notSafetensors(what, `dtype ${printable(dtype)} is not supported, expected one of ${expected}`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, length) => product * length, size);
  if (end - begin !== bytes || end > bodyBytes) {
    const held = Math.max(0, Math.min(end, bodyBytes) - begin);
    throw notSafetensors(what, `expected ${bytes} bytes, the file holds ${held}`);
  }
  return { dtype, shape, begin, bytes };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecordOfStrings(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((item) => typeof item === 'string');
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** What `torch.save` writes: a zip archive or, before PyTorch 1.6, a pickle. */
function isPickle(start: Buffer, headerLength: number): boolean {
  return (
    start.toString('latin1', 0, 4) === 'PK\x03\x04' || (start[0] === 0x80 && headerLength > MAX_HEADER_BYTES)
  );
}

function pickled(path: string): UserError {
  const target = `${basename(path).replace(/\.\w+$/, '')}.safetensors`;
  return new UserError(
    `${path} was written by torch.save; make a safetensors file of it with ` +
      `python3 -c "import torch; from safetensors.torch import save_file; ` +
      `save_file({k: v.clone().contiguous() for k, v in torch.load('${path}', map_location='cpu', weights_only=True).items()}, '${target}')"`,
  );
}

function cannotRead(path: string, error: unknown): UserError {
  return new UserError(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
}

function notSafetensors(what: string, why: string): UserError {
  return new UserError(`${what} is not a usable safetensors file: ${why}; train again or give another file`);
}
