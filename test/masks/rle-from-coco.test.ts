import { describe, expect, it } from 'vitest';
import { decodeRle } from '../../src/masks/rle.ts';
import { rleFromCoco } from '../../src/masks/rle-from-coco.ts';

describe('rleFromCoco', () => {
  // pycocotools 2.0.11: mask.encode of these pixels.
  const rows = ['......#', '.#####.', '.##.##.', '.#####.', '.......'];
  const pixels = [...rows.join('')].map((character) => (character === '#' ? 1 : 0));

  it("reads pycocotools' compressed text and the list of run lengths alike", () => {
    const compressed = rleFromCoco('63200NO01200ON3', [5, 7]);
    expect([...decodeRle(compressed)]).toEqual(pixels);
    const list = rleFromCoco([6, 3, 2, 3, 2, 1, 1, 1, 2, 3, 2, 3, 1, 1, 4], [5, 7]);
    expect(list).toEqual(compressed);
  });

  it.each([
    ['a size that is none', [4], 'abc', 'size must be [height, width] in pixels, got string'],
    ['a size of three numbers', [4], [1, 2, 2], 'size must be [height, width] in pixels, got [1, 2, 2]'],
    ['a size of 0', [0], [0, 2], 'size must be [height, width] in pixels, got [0, 2]'],
    ['a size beyond counting', [4], [1e9, 1e9], 'size must be [height, width] in pixels'],
    ['a size that is not finite', [4], [null, 2], 'got [null, 2]'],
    ['counts that are no list', { a: 1 }, [2, 2], 'counts must be a list of numbers or a text, got object'],
    ['no counts', null, [2, 2], 'counts must be a list of numbers or a text, got null'],
    ['a negative count', [1, -1, 4], [2, 2], 'counts[1] must be a whole number >= 0, got -1'],
    ['half a pixel', [1.5, 2.5], [2, 2], 'counts[0] must be a whole number >= 0, got 1.5'],
    ['a text as count', [4, 'x'], [2, 2], 'counts[1] must be a whole number >= 0, got string'],
    ['too few pixels', [1, 2], [2, 2], 'counts must add up to 2x2 = 4 pixels, got 3'],
    ['a text that is cut off', 'oo', [2, 2], 'the string is cut off'],
    ['a list that is too long', new Array(1_000_001).fill(0), [2, 2], 'at most 1000000 runs make a mask'],
    ['a text that is too long', '0'.repeat(7_000_001), [2, 2], 'at most 1000000 runs make a mask'],
  ])('refuses %s', (_name, counts, size, message) => {
    expect(() => rleFromCoco(counts, size)).toThrow(RangeError);
    expect(() => rleFromCoco(counts, size)).toThrow(message);
  });
});
