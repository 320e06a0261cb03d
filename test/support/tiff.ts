/** An uncompressed TIFF of any kind of samples, for what no image library writes. */
export interface TiffSamples {
  width: number;
  height: number;
  channels: number;
  /** Row by row, channels side by side. */
  samples: Uint8Array | Uint16Array | Float32Array;
  /** TIFF's PhotometricInterpretation. */
  meaning: 'grey' | 'rgb';
}

const SHORT = 3;
const LONG = 4;
const ENTRY_BYTES = 12;

/** https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf, sections 2 and 19 */
export function tiffOf({ width, height, channels, samples, meaning }: TiffSamples): Buffer {
  const pixels = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const bits = samples.BYTES_PER_ELEMENT * 8;
  const extra = channels - (meaning === 'rgb' ? 3 : 1);
  const entries: [tag: number, type: number, values: number[]][] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array<number>(channels).fill(bits)],
    [259, SHORT, [1]],
    [262, SHORT, [meaning === 'rgb' ? 2 : 1]],
    [273, LONG, [8]],
    [277, SHORT, [channels]],
    [278, LONG, [height]],
    [279, LONG, [pixels.length]],
    ...(extra > 0 ? [[338, SHORT, Array<number>(extra).fill(0)] as [number, number, number[]]] : []),
    [339, SHORT, Array<number>(channels).fill(samples instanceof Float32Array ? 3 : 1)],
  ];
  const directory = 8 + pixels.length;
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(directory, 4);
  const table = Buffer.alloc(2 + entries.length * ENTRY_BYTES + 4);
  const long: Buffer[] = [];
  let place = directory + table.length;
  table.writeUInt16LE(entries.length, 0);
  for (const [i, [tag, type, values]] of entries.entries()) {
    const content = Buffer.alloc(Math.max(4, values.length * (type === SHORT ? 2 : 4)));
    for (const [k, value] of values.entries()) {
      if (type === SHORT) content.writeUInt16LE(value, 2 * k);
      else content.writeUInt32LE(value, 4 * k);
    }
    const at = 2 + i * ENTRY_BYTES;
    table.writeUInt16LE(tag, at);
    table.writeUInt16LE(type, at + 2);
    table.writeUInt32LE(values.length, at + 4);
    if (content.length === 4) {
      content.copy(table, at + 8);
      continue;
    }
    table.writeUInt32LE(place, at + 8);
    long.push(content);
    place += content.length;
  }
  return Buffer.concat([head, pixels, table, ...long]);
}
