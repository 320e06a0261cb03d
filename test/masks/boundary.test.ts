import { describe, expect, it } from 'vitest';
import { boundaryDistance, rleBoundary } from '../../src/masks/boundary.ts';
import { decodeRle, encodeRle, type Rle } from '../../src/masks/rle.ts';
import { createRandom, type Random } from '../../src/system/random.ts';

function maskOf(rows: string[]): Rle {
  const pixels = Uint8Array.from(rows.join(''), (pixel) => (pixel === '#' ? 1 : 0));
  return encodeRle(pixels, rows.length, rows[0]!.length);
}

function rowsOf(rle: Rle): string[] {
  const text = Array.from(decodeRle(rle), (value) => (value ? '#' : '.')).join('');
  return Array.from({ length: rle.size[0] }, (_, y) => text.slice(y * rle.size[1], (y + 1) * rle.size[1]));
}

/** The definition, pixel by pixel. */
function boundaryByPixels(mask: Rle, distance: number): Uint8Array {
  const [height, width] = mask.size;
  const pixels = decodeRle(mask);
  const isInside = (y: number, x: number) =>
    y >= 0 && x >= 0 && y < height && x < width && pixels[y * width + x] === 1;
  return pixels.map((value, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    for (let dy = -distance; dy <= distance; dy++) {
      for (let dx = -distance; dx <= distance; dx++) if (!isInside(y + dy, x + dx)) return value;
    }
    return 0;
  });
}

/** Rectangles united, then holes. */
function randomMask(random: Random): Rle {
  const [height, width] = [1 + random.int(40), 1 + random.int(40)];
  const pixels = new Uint8Array(height * width);
  const paint = (value: number, largest: number) => {
    const [y, x] = [random.int(height), random.int(width)];
    const [bottom, right] = [y + 1 + random.int(largest), x + 1 + random.int(largest)];
    for (let row = y; row < Math.min(height, bottom); row++) {
      pixels.fill(value, row * width + x, row * width + Math.min(width, right));
    }
  };
  for (let i = random.int(5); i >= 0; i--) paint(1, 40);
  for (let i = random.int(4); i > 0; i--) paint(0, 4);
  return encodeRle(pixels, height, width);
}

describe('boundaryDistance', () => {
  it.each([
    [[500, 500], 14],
    [[1080, 1920], 44],
    [[10, 10], 1],
    [[45, 60], 1],
    [[75, 100], 2],
  ] as const)('is a fiftieth of the diagonal, rounded, half down, at least 1: %j', (size, distance) => {
    expect(boundaryDistance(size)).toBe(distance);
  });
});

describe('rleBoundary', () => {
  it('is the rim of a mask, also at a dent, around a hole and at the edge of the image', () => {
    const dented = maskOf(['#####....', '#####....', '#####....', '####.....', '#####....', '.........']);
    expect(rowsOf(rleBoundary(dented, 1))).toEqual([
      '#####....',
      '#...#....',
      '#..##....',
      '#..#.....',
      '#####....',
      '.........',
    ]);
    const pierced = maskOf([...Array(3).fill('#######'), '###.###', ...Array(3).fill('#######')]);
    expect(rowsOf(rleBoundary(pierced, 1))).toEqual([
      '#######',
      '#.....#',
      '#.###.#',
      '#.#.#.#',
      '#.###.#',
      '#.....#',
      '#######',
    ]);
    const full = maskOf(Array(5).fill('######'));
    expect(rowsOf(rleBoundary(full, 2))).toEqual(['######', '######', '##..##', '######', '######']);
  });

  it('is all of a mask that is nowhere wider, or nowhere higher, than twice the distance', () => {
    const mask = maskOf(['........', '.######.', '.######.', '.######.', '.######.']);
    expect(rleBoundary(mask, 2)).toEqual(mask);
    expect(rleBoundary(maskOf(['##', '##', '##', '##', '##']), 1)).toEqual(
      maskOf(['##', '##', '##', '##', '##']),
    );
  });

  it('is empty for an empty mask', () => {
    expect(rleBoundary(maskOf(['...', '...']), 1)).toEqual(maskOf(['...', '...']));
    expect(rleBoundary({ size: [0, 0], counts: new Uint32Array(0) }, 1).counts).toHaveLength(0);
  });

  it('takes runs with nothing between them for one', () => {
    const mask = maskOf(Array(7).fill('#######'));
    const split: Rle = { size: [7, 7], counts: Uint32Array.of(0, 10, 0, 5, 0, 34) };
    expect(rleBoundary(split, 2)).toEqual(rleBoundary(mask, 2));
  });

  it('is what the definition says, pixel by pixel', () => {
    const random = createRandom('boundary');
    let cores = 0;
    for (let i = 0; i < 300; i++) {
      const [mask, distance] = [randomMask(random), 1 + random.int(5)];
      const expected = boundaryByPixels(mask, distance);
      const boundary = rleBoundary(mask, distance);
      expect(boundary).toEqual(encodeRle(expected, ...mask.size));
      if (boundary !== mask) cores++;
    }
    expect(cores).toBeGreaterThan(100);
  });
});
