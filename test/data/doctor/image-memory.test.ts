import { describe, expect, it } from 'vitest';
import { bytesAtOnce, type MemoryHeader, needsMuchMemory } from '../../../src/data/doctor/image-memory.ts';

/** One million pixels, so that bytes are megabytes a pixel. */
const of = (more: Partial<MemoryHeader>): MemoryHeader => ({
  ...{ format: 'png', width: 1000, height: 1000, space: 'srgb', channels: 3, depth: 'uchar' },
  ...{ isProgressive: false, ...more },
});
const deep = { space: 'rgb16', depth: 'ushort' } as const;

describe('bytesAtOnce', () => {
  it.each<[string, Partial<MemoryHeader>, number]>([
    ['an image that is read row by row', {}, 0],
    ['CMYK', { format: 'jpeg', space: 'cmyk', channels: 4 }, 0],
    ['an interlaced PNG', { isProgressive: true }, 3],
    ['a progressive JPEG', { format: 'jpeg', isProgressive: true }, 6],
    ['a WebP', { format: 'webp' }, 8],
    ['a turned JPEG', { format: 'jpeg', orientation: 6 }, 3],
    ['16 bits', deep, 6 + 3],
    ['16 bits, interlaced', { ...deep, isProgressive: true }, 6 + 6 + 3],
    ['16 bits, turned', { ...deep, orientation: 8 }, 6 + 6 + 3],
    ['floating point', { format: 'tiff', space: 'scrgb', depth: 'float' }, 12 + 3],
    ['five unnamed channels', { format: 'tiff', space: 'b-w', channels: 5 }, 5 + 3],
    ['eight unnamed channels of 16 bits', { format: 'tiff', space: 'b-w', channels: 8, depth: 'ushort' }, 19],
  ])('of %s', (_name, header, bytes) => {
    expect(bytesAtOnce(of(header))).toBe(bytes * 1e6);
  });
});

describe('needsMuchMemory', () => {
  it('is for what is large and not read row by row', () => {
    const large = { width: 4000, height: 4000 };
    expect(needsMuchMemory(of(large))).toBe(false);
    for (const more of [{ format: 'webp' }, deep] as const) {
      expect(needsMuchMemory(of({ ...large, ...more }))).toBe(true);
      expect(needsMuchMemory(of(more))).toBe(false);
    }
  });
});
