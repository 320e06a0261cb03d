import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  decodeRle,
  encodeRle,
  type Rle,
  rleArea,
  rleBox,
  rleFromString,
  rleIntersection,
  rleIou,
  rleToString,
  rleUnion,
} from '../../src/masks/rle.ts';
import { createRandom } from '../../src/system/random.ts';

interface Golden {
  masks: {
    size: [number, number];
    counts: [string, string, string];
    union: string;
    intersection: string;
    iou: number;
    crowd_iou: number;
  }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL('../golden/rle.json', import.meta.url), 'utf8'));

/** Rows of `.` and `#`. */
function maskOf(...rows: string[]): Rle {
  const pixels = Uint8Array.from(rows.join(''), (character) => (character === '#' ? 1 : 0));
  return encodeRle(pixels, rows.length, rows[0]!.length);
}

function randomMask(seed: number, height: number, width: number): Uint8Array {
  const random = createRandom('mask', seed);
  const density = random.next();
  return Uint8Array.from({ length: height * width }, () => (random.next() < density ? 1 : 0));
}

describe('encodeRle', () => {
  it('counts column by column, beginning with 0', () => {
    expect([...maskOf('..#', '.##').counts]).toEqual([3, 3]);
    expect([...maskOf('#.', '##').counts]).toEqual([0, 2, 1, 1]);
  });

  it('is one run for an empty mask and two for a full one', () => {
    expect([...encodeRle(new Uint8Array(6), 2, 3).counts]).toEqual([6]);
    expect([...encodeRle(new Uint8Array(6).fill(255), 2, 3).counts]).toEqual([0, 6]);
    expect([...encodeRle(new Uint8Array(0), 0, 5).counts]).toEqual([0]);
  });

  it('refuses a mask of another size', () => {
    expect(() => encodeRle(new Uint8Array(5), 2, 3)).toThrow('encodeRle: expected 2x3 = 6 values, got 5');
  });
});

describe('decodeRle', () => {
  it('gives back what was encoded', () => {
    for (let seed = 0; seed < 50; seed++) {
      const [height, width] = [1 + (seed % 7), 1 + (seed % 11)];
      const mask = randomMask(seed, height, width);
      expect(decodeRle(encodeRle(mask, height, width))).toEqual(mask);
    }
  });
});

describe('rleArea', () => {
  it('counts the building pixels', () => {
    expect(rleArea(maskOf('.#.', '##.'))).toBe(3);
    expect(rleArea(maskOf('...'))).toBe(0);
  });
});

describe('rleBox', () => {
  it('is the tightest box, as [y1, x1, y2, x2]', () => {
    expect(rleBox(maskOf('.....', '..##.', '...#.', '.....'))).toEqual([1, 2, 3, 4]);
    expect(rleBox(maskOf('#'))).toEqual([0, 0, 1, 1]);
  });

  it('takes the full height when a run goes on in the next column', () => {
    expect(rleBox(maskOf('.#.', '.#.', '#..'))).toEqual([0, 0, 3, 2]);
  });

  it('is all 0 for an empty mask', () => {
    expect(rleBox(maskOf('..', '..'))).toEqual([0, 0, 0, 0]);
  });

  it('agrees with the pixels on random masks', () => {
    for (let seed = 0; seed < 100; seed++) {
      const [height, width] = [6, 9];
      const mask = randomMask(seed, height, width).map((value, i) => (i % 13 < 4 ? value : 0));
      const inside = [...mask.keys()].filter((i) => mask[i] === 1);
      const rows = inside.map((i) => Math.floor(i / width));
      const columns = inside.map((i) => i % width);
      const expected =
        inside.length === 0
          ? [0, 0, 0, 0]
          : [Math.min(...rows), Math.min(...columns), Math.max(...rows) + 1, Math.max(...columns) + 1];
      expect(rleBox(encodeRle(mask, height, width))).toEqual(expected);
    }
  });
});

describe('rleIou', () => {
  it('is the share of common pixels', () => {
    const [a, b] = [maskOf('##..', '##..'), maskOf('.##.', '.##.')];
    expect(rleIntersection(a, b)).toBe(2);
    expect(rleIou(a, b)).toBe(2 / 6);
  });

  it('divides by the first mask alone when the second is a crowd', () => {
    expect(rleIou(maskOf('##..'), maskOf('.###'), true)).toBe(1 / 2);
  });

  it('is 0 for empty masks', () => {
    expect(rleIou(maskOf('..'), maskOf('..'))).toBe(0);
    expect(rleIou(maskOf('..'), maskOf('##'), true)).toBe(0);
  });

  it('refuses masks of different size', () => {
    expect(() => rleIou(maskOf('..'), maskOf('.', '.'))).toThrow('Masks differ in size: 1x2 and 2x1');
  });
});

describe('rleUnion', () => {
  it('joins overlapping, touching and nested runs', () => {
    const union = rleUnion([maskOf('##.....'), maskOf('.##....'), maskOf('...#.##'), maskOf('......#')]);
    expect([...union.counts]).toEqual([0, 4, 1, 2]);
  });

  it('is the mask itself for one mask, also an empty or a full one', () => {
    for (const mask of [maskOf('...'), maskOf('###'), maskOf('.#.')]) expect(rleUnion([mask])).toEqual(mask);
  });

  it('agrees with the pixels on random masks', () => {
    for (let seed = 0; seed < 50; seed++) {
      const masks = [0, 1, 2, 3].map((i) => randomMask(100 * seed + i, 7, 5));
      const either = masks[0]!.map((_, p) => Math.max(...masks.map((mask) => mask[p]!)));
      expect(rleUnion(masks.map((mask) => encodeRle(mask, 7, 5)))).toEqual(encodeRle(either, 7, 5));
    }
  });

  it('refuses an empty list and masks of different size', () => {
    expect(() => rleUnion([])).toThrow('expected at least one mask');
    expect(() => rleUnion([maskOf('..'), maskOf('...')])).toThrow('Masks differ in size');
  });
});

describe('rleToString and rleFromString', () => {
  it('gives back what was written, for short runs and for long ones', () => {
    const lists = [[6], [0, 6], [15, 1, 31, 16, 32, 33, 1, 1_000_000, 2, 999_999, 40_000_000, 1]];
    for (const counts of lists) {
      const size: [number, number] = [1, counts.reduce((sum, count) => sum + count)];
      const rle = { size, counts: Uint32Array.from(counts) };
      expect(rleFromString(rleToString(rle), size)).toEqual(rle);
    }
  });

  it.each([
    ['a foreign character', '6\n', [2, 3], 'not a COCO run-length string at character 1'],
    ['a string that breaks off', 'P', [2, 3], 'cut off after 0 runs'],
    ['too few pixels', '5', [2, 3], 'expected 2x3 = 6 pixels, got 5'],
    ['a negative run', 'O', [2, 3], 'run 0 is negative (-1)'],
  ] as const)('refuses %s', (_, text, size, message) => {
    expect(() => rleFromString(text, size)).toThrow(message);
  });
});

describe('pycocotools', () => {
  it.each(golden.masks.map((reference, i) => [i, reference] as const))(
    'has the same strings, unions and IoUs: masks %i',
    (_, { size, counts, union, intersection, iou, crowd_iou: crowdIou }) => {
      const masks = counts.map((text) => rleFromString(text, size));
      const [a, b] = masks as [Rle, Rle, Rle];
      expect(masks.map(rleToString)).toEqual(counts);
      expect(masks.map((mask) => rleToString(encodeRle(decodeRle(mask), ...size)))).toEqual(counts);
      expect(rleToString(rleUnion(masks))).toBe(union);
      expect(rleIntersection(a, b)).toBe(rleArea(rleFromString(intersection, size)));
      expect(rleIou(a, b)).toBe(iou);
      expect(rleIou(a, b, true)).toBe(crowdIou);
    },
  );
});
