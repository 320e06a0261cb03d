/**
 * The numbers of safetensors files. Floating point numbers of other sizes are read as float32, little-endian: IEEE 754's half
 * and double, and bfloat16, the upper half of a float32.
 */

/** By safetensors' name for it: bytes of a number, and how a row of numbers is read; `bytes` begins at a whole number. */
export const FLOAT_FORMATS: Readonly<
  Record<string, { size: number; decode(bytes: Uint8Array<ArrayBuffer>): Float32Array }>
> = {
  F64: { size: 8, decode: ({ buffer }) => Float32Array.from(new Float64Array(buffer)) },
  F32: { size: 4, decode: ({ buffer }) => new Float32Array(buffer) },
  F16: { size: 2, decode: ({ buffer }) => Float32Array.from(new Uint16Array(buffer), decodeHalf) },
  BF16: { size: 2, decode: ({ buffer }) => decodeBfloat16(new Uint16Array(buffer)) },
};

/** Bytes of a whole number, by safetensors' name for it. */
const WHOLE_NUMBERS: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  U32: 4,
  I32: 4,
  U64: 8,
  I64: 8,
};

/** Whether `FLOAT_FORMATS` has it. */
export function isFloatFormat(dtype: string): boolean {
  return Object.hasOwn(FLOAT_FORMATS, dtype);
}

/** @returns bytes of a number, whole or floating point; null for formats that are not known */
export function bytesOfNumber(dtype: string): number | null {
  if (isFloatFormat(dtype)) return FLOAT_FORMATS[dtype]!.size;
  return Object.hasOwn(WHOLE_NUMBERS, dtype) ? WHOLE_NUMBERS[dtype]! : null;
}

function decodeBfloat16(values: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(values, (bits) => bits * 2 ** 16).buffer);
}

/** 1 sign, 5 exponent (bias 15) and 10 mantissa bits. */
function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 0x1f) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
