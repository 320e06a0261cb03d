import type { Sharp } from 'sharp';
import type { ImageHeader } from './image-header.ts';

/** Pixels row by row, the channels of each side by side. */
export interface RawValues {
  values: ArrayLike<number>;
  channels: number;
  width: number;
  height: number;
}

const ARRAYS = {
  uchar: Uint8Array,
  ushort: Uint16Array,
  short: Int16Array,
  uint: Uint32Array,
  int: Int32Array,
  float: Float32Array,
  double: Float64Array,
} as const;

/**
 * The values as they are stored, where `asStored`; otherwise as sharp converts them to 8 bits.
 * @throws Error where it does not decode, or where its samples are of no such type
 */
export async function readValues(
  source: Sharp,
  { space, depth }: ImageHeader,
  asStored: boolean,
): Promise<RawValues> {
  const pixels = asStored
    ? source.pipelineColourspace(space).toColourspace(space).raw({ depth })
    : source.raw();
  const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
  const name = asStored ? depth : 'uchar';
  const ArrayOf = ARRAYS[name as keyof typeof ARRAYS];
  if (ArrayOf === undefined) throw new Error(`samples of type ${depth} cannot be read`);
  // A buffer may begin anywhere; wider numbers must begin at a multiple of their size.
  const isAligned = data.byteOffset % ArrayOf.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset } = isAligned ? data : Uint8Array.from(data);
  const values = new ArrayOf(buffer, byteOffset, data.length / ArrayOf.BYTES_PER_ELEMENT);
  return { values, channels: info.channels, width: info.width, height: info.height };
}
