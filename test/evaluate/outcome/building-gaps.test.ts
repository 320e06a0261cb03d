import { describe, expect, it } from 'vitest';
import { buildingGaps } from '../../../src/evaluate/outcome/building-gaps.ts';
import { decodeRle, encodeRle, type Rle } from '../../../src/masks/rle.ts';
import { createRandom } from '../../../src/system/random.ts';
import { drawMasks } from './pictures.ts';

const gaps = (...rows: string[]) => buildingGaps(drawMasks(...rows));

describe('buildingGaps', () => {
  it('is 0 for buildings that touch, if only with their corners, or overlap', () => {
    expect(gaps('AABB')).toEqual([0, 0]);
    expect(gaps('A.', '.B')).toEqual([0, 0]);
    expect(buildingGaps([...drawMasks('AAA.'), ...drawMasks('.BBB')])).toEqual([0, 0]);
    expect(buildingGaps([...drawMasks('AAA'), ...drawMasks('.B.')])).toEqual([0, 0]);
  });

  it('counts the pixels in between', () => {
    expect(gaps('A.B')).toEqual([1, 1]);
    expect(gaps('A', '.', '.', 'B')).toEqual([2, 2]);
  });

  it('is the straight way across', () => {
    expect(gaps('A..', '...', '..B')).toEqual([Math.SQRT2, Math.SQRT2]);
    expect(gaps('A.....', '......', '......', '......', '.....B')).toEqual([5, 5]);
  });

  it('is that to the nearest of the others, which may have a nearer one', () => {
    expect(gaps('A...B.C')).toEqual([3, 1, 1]);
  });

  it('looks at the buildings, not at their boxes', () => {
    // B stands in the corner of A.
    expect(gaps('A.....', 'A..BB.', 'A..BB.', 'A.....', 'A.....', 'AAAAAA')).toEqual([2, 2]);
  });

  it('looks at all parts, whichever the first is', () => {
    expect(gaps('A....B', '......', 'A.B...')).toEqual([1, 1]);
    expect(gaps('..BB..', '......', '......', 'A..A..', 'A.....')).toEqual([2, 2]);
  });

  it('is null without another building, and for one without pixels, which is nobody’s neighbour', () => {
    expect(gaps('.A.')).toEqual([null]);
    expect(buildingGaps([])).toEqual([]);
    const nothing = encodeRle(new Uint8Array(3), 1, 3);
    expect(buildingGaps([nothing, ...drawMasks('A..'), nothing])).toEqual([null, null, null]);
  });

  it('is the least distance of all pairs of pixels', () => {
    const random = createRandom('building gaps', 1);
    for (let trial = 0; trial < 60; trial++) {
      const [height, width] = [12 + random.int(20), 12 + random.int(20)];
      const masks = Array.from({ length: 1 + random.int(7) }, () => randomMask(height, width));
      const expected = masks.map((mask, i) => {
        const squares = masks.flatMap((other, j) => (i === j ? [] : squaredGaps(mask, other, width)));
        return squares.length === 0 ? null : Math.sqrt(Math.min(...squares));
      });
      expect(buildingGaps(masks.map((mask) => encodeRle(mask, height, width)))).toEqual(expected);
    }

    /** A block with ragged edges and holes; now and then empty, or in two parts. */
    function randomMask(height: number, width: number): Uint8Array {
      const mask = new Uint8Array(height * width);
      for (let parts = random.int(10) === 0 ? 0 : 1 + random.int(2); parts > 0; parts--) {
        const [h, w] = [1 + random.int(6), 1 + random.int(6)];
        const [top, left] = [random.int(height - h), random.int(width - w)];
        for (let y = top; y < top + h; y++) {
          for (let x = left; x < left + w; x++) mask[y * width + x] = random.next() < 0.7 ? 1 : 0;
        }
      }
      return mask;
    }
  });

  it('looks closely at few pairs of a dense town', () => {
    // Only what is looked at closely takes longer for larger houses: three times as long, but 15 times for all pairs.
    const fastest = (side: number) => {
      const masks = town(side);
      const times = Array.from({ length: 5 }, () => {
        const start = performance.now();
        expect(new Set(buildingGaps(masks))).toEqual(new Set([2]));
        return performance.now() - start;
      });
      return Math.min(...times);
    };
    expect(fastest(280) / fastest(14)).toBeLessThan(7);

    /** 625 houses, 2 pixels apart. */
    function town(side: number): Rle[] {
      const whole = 25 * (side + 2);
      return Array.from({ length: 625 }, (_, i) => {
        const [top, left] = [(side + 2) * Math.floor(i / 25), (side + 2) * (i % 25)];
        const [before, last] = [left * whole + top, (side - 1) * whole + side];
        const columns = Array.from({ length: side - 1 }, () => [side, whole - side]).flat();
        const counts = Uint32Array.of(before, ...columns, side, whole * whole - before - last);
        return { size: [whole, whole], counts };
      });
    }
  });

  it('draws what it says', () => {
    expect(decodeRle(drawMasks('A.B')[1]!)).toEqual(Uint8Array.of(0, 0, 1));
  });
});

function squaredGaps(a: Uint8Array, b: Uint8Array, width: number): number[] {
  const pixels = (mask: Uint8Array) => [...mask.keys()].filter((i) => mask[i] === 1);
  const between = (p: number, q: number) => Math.max(0, Math.abs(p - q) - 1);
  return pixels(a).flatMap((p) =>
    pixels(b).map(
      (q) => between(p % width, q % width) ** 2 + between(Math.floor(p / width), Math.floor(q / width)) ** 2,
    ),
  );
}
