import { describe, expect, it } from 'vitest';
import { countNearOthers, type TilePlace, tilePlaces } from '../../src/data/tile-names.ts';

const places = (stems: readonly string[], side: number | null = null) =>
  tilePlaces(stems.map((stem) => ({ stem, size: side === null ? null : { width: side, height: side } })));

/** Start, length and unit on both axes; null where there is no place. */
const rectangles = (stems: readonly string[], side: number | null = null) =>
  places(stems, side).map((place) => place && [place.start, place.length, place.unit]);

const grid = (values: readonly number[], name: (first: number, second: number) => string) =>
  values.flatMap((first) => values.map((second) => name(first, second)));

describe('tilePlaces', () => {
  it.each<[string, string, number, number]>([
    ['town_12_34', 'town_', 12, 34],
    ['town-12-34', 'town-', 12, 34],
    ['12_34', '', 12, 34],
    ['a1_r3_c12', 'a1_', 3, 12],
    ['town_row03_col12', 'town_', 3, 12],
    ['images/town_x3_y12', 'images/town_', 3, 12],
    ['20/12/34', '20/', 12, 34],
    ['2019_town_5_0', '2019_town_', 5, 0],
  ])('reads %s', (stem, scene, first, second) => {
    // The neighbour makes the steps 1.
    const [place] = places([stem, `${scene}${first + 1}_${second + 1}`]);
    expect(place).toEqual({ scene, start: [first, second], length: [1, 1], unit: [1, 1] });
  });

  it.each([
    'roof',
    'scene-00001',
    'roof12_34',
    'IMG_20200101_120000',
    'tile_12',
    'a_1_b',
    '1_2_c',
    'a_1__',
    '',
  ])('finds no place in "%s"', (stem) => {
    expect(places([stem])).toEqual([null]);
  });

  it('counts offsets in steps, each axis in its own', () => {
    const stems = ['a_0_0', 'a_0_600', 'a_1024_300', 'a_512_0'];
    const step = [512, 300];
    expect(rectangles(stems)).toEqual([
      [[0, 0], step, step],
      [[0, 600], step, step],
      [[1024, 300], step, step],
      [[512, 0], step, step],
    ]);
  });

  it('compares offsets within a scene only', () => {
    const stems = ['a_0_0', 'b_7_3', 'b_519_0', 'a_512_512'];
    expect(places(stems).map((place) => place?.unit)).toEqual(Array(4).fill([512, 512]));
  });

  it('takes the step of the other axis for a single row', () => {
    expect(places(['a_256_0', 'a_256_256'])[0]).toMatchObject({ unit: [256, 256] });
  });

  it('counts in the usual step where the last tiles were moved to fit', () => {
    // Of a picture of 1546 pixels: the fourth tile would begin at 1536.
    const stems = grid([0, 512, 1024, 1034], (y, x) => `a_${y}_${x}`);
    for (const side of [512, null]) {
      expect(places(stems, side).at(-1)).toEqual({
        ...{ scene: 'a_', start: [1034, 1034], length: [512, 512], unit: [512, 512] },
      });
    }
    // Moved by all but one pixel, in the smallest grid that can tell.
    expect(
      places(
        grid([0, 512, 513], (y, x) => `a_${y}_${x}`),
        512,
      )[0],
    ).toMatchObject({ unit: [512, 512] });
  });

  it('counts in the usual step in spite of a stray tile', () => {
    const stems = [...grid([0, 512, 1024, 1536, 2048], (y, x) => `a_${y}_${x}`), 'a_513_512'];
    expect(places(stems, 512).at(-1)).toMatchObject({ start: [513, 512], unit: [512, 512] });
  });

  it('takes the side of crops at random for the unit, and knows no place where it is unknown', () => {
    const stems = ['a_0_17', 'a_100_1990', 'a_730_801', 'a_1500_60', 'a_1501_1200', 'a_2222_340'];
    expect(rectangles(stems, 256)[2]).toEqual([
      [730, 801],
      [256, 256],
      [256, 256],
    ]);
    expect(places(stems)).toEqual(Array(6).fill(null));
  });

  it('takes the side for the unit where only one axis is a grid', () => {
    const stems = ['a_0_17', 'a_512_600', 'a_1024_931', 'a_1536_1500', 'a_2048_1501'];
    expect(places(stems, 640)[0]).toMatchObject({ unit: [512, 512], length: [640, 640] });
  });

  it.each<[string, string[]]>([
    ['names say rows and columns', ['a_r0_c17', 'a_r100_c1990', 'a_r730_c801', 'a_r1500_c60']],
    ['a slippy map has gaps', ['773384_440490', '773484_440530', '774001_440491', '773999_440700']],
    ['they differ by less than a tile can', ['a_3_40', 'a_12_9', 'a_31_31', 'a_45_2']],
    ['many lie side by side', grid([0, 1, 2, 3, 4, 9000], (y, x) => `a_${y}_${x}`)],
  ])('counts tiles where %s', (_, stems) => {
    expect(places(stems, 256).map((place) => place?.unit)).toEqual(stems.map(() => [1, 1]));
  });

  describe('of names with two corners', () => {
    const slice = (y: number, x: number, side: number) => `a_${y}_${x}_${y + side}_${x + side}`;

    it('reads slices that overlap', () => {
      const stems = grid([0, 410, 820], (y, x) => slice(y, x, 512));
      for (const side of [512, 256, null]) {
        expect(places(stems, side)[5]).toEqual({
          ...{ scene: 'a_', start: [410, 820], length: [512, 512], unit: [410, 410] },
        });
      }
    });

    it('reads clipped slices at the edge, by the size of the images or the others', () => {
      const clipped = (y: number, x: number) =>
        `a_${y}_${x}_${Math.min(y + 512, 1300)}_${Math.min(x + 512, 1300)}`;
      const last = places(grid([0, 512, 1024], clipped)).at(-1);
      expect(last).toMatchObject({ start: [1024, 1024], length: [276, 276], unit: [512, 512] });
      const sizes = [{ width: 100, height: 300 }, null, null];
      const stems = ['a_0_0_100_300', 'b_5_5_105_305', 'c_7_7_107_307'];
      expect(tilePlaces(stems.map((stem, i) => ({ stem, size: sizes[i]! })))[1]).toMatchObject({
        ...{ scene: 'b_', length: [100, 300] },
      });
    });

    it('counts crops at random in their side', () => {
      // Differences of 1 are the most frequent, and every other is a multiple of them.
      const starts = [0, 730, 1500, 1501, 1502, 2222];
      const stems = starts.map((y, i) => slice(y, starts[(i * 5 + 2) % 6]!, 256));
      expect(places(stems, 256)[1]).toMatchObject({ start: [730, 730], unit: [256, 256] });
    });

    it('closes the gap where the far corner is the last pixel', () => {
      const stems = grid([0, 512, 1024], (y, x) => slice(y, x, 511));
      expect(places(stems, 512)[0]).toMatchObject({ length: [512, 512], unit: [512, 512] });
    });

    it.each<[string, string[]]>([
      ['differences follow nothing', ['1_2_3_4', '1_2_3_5', '1_2_4_6', '1_2_5_8', '1_2_6_4']],
      ['the second corner comes first', ['9_9_3_4', '9_9_3_5', '9_9_4_4']],
      ['most names have two numbers', ['t_0_0', 't_0_1', 't_1_0', 't_0_0_2_2']],
    ])('does not where %s', (_, stems) => {
      expect(places(stems, 256)[0]).toMatchObject({ length: [1, 1] });
    });
  });

  it('takes equal numbers of a slippy map for equal places, whatever stands before them', () => {
    const [before, after] = places(['2015_773380_440482', '2020_773380_440482', '2020_773381_440483']);
    expect(after).toEqual(before);
  });

  it('does not do so with scenes that count from a corner of their own', () => {
    const [one, other] = places(['a_0_0', 'b_0_0', 'a_1_1', 'b_1_1']);
    expect(one!.scene).not.toBe(other!.scene);
  });

  it('is as long as the image where tiles overlap', () => {
    const length = (side: number, step: number) => places(['a_0_0', `a_${step}_${step}`], side)[0]!.length;
    expect(length(512, 512)).toEqual([512, 512]);
    expect(length(512, 256)).toEqual([512, 512]);
    expect(length(512, 600)).toEqual([600, 600]); // shrunken, or gaps between them
    expect(length(5000, 500)).toEqual([500, 500]); // metres of ground, not pixels
    expect(length(256, 1)).toEqual([1, 1]);
  });
});

describe('countNearOthers', () => {
  const at = (first: number, second: number, length = 1, scene = 'a'): TilePlace => ({
    ...{ scene, start: [first, second], length: [length, length], unit: [1, 1] },
  });
  const count = (tiles: [TilePlace, string][]) => {
    const sides = new Map(tiles.map(([, side], i) => [i, side]));
    return countNearOthers(new Map(tiles.map(([place], i) => [i, place])), (i) => sides.get(i)!);
  };

  it('counts both of two neighbours, also over a corner, and nobody further away', () => {
    expect(
      count([
        [at(0, 0), 'train'],
        [at(1, 1), 'valid'],
        [at(3, 1), 'test'],
      ]),
    ).toBe(2);
  });
  it('counts none beside their own', () => {
    expect(
      count([
        [at(0, 0), 'train'],
        [at(0, 1), 'train'],
        [at(1, 0), 'train'],
      ]),
    ).toBe(0);
  });
  it('counts two pictures of one place', () => {
    expect(
      count([
        [at(5, 5), 'train'],
        [at(5, 5), 'test'],
      ]),
    ).toBe(2);
  });
  it('does not mix up scenes', () => {
    expect(
      count([
        [at(0, 0), 'train'],
        [at(0, 1, 1, 'b'), 'test'],
      ]),
    ).toBe(0);
  });
  it.each([
    [512, 2], // shares a border
    [511, 2],
    [513, 0],
  ])('counts tiles of 512 that are %i apart: %i', (apart, expected) => {
    expect(
      count([
        [at(0, 700, 512), 'train'],
        [at(apart, 400, 512), 'test'],
      ]),
    ).toBe(expected);
  });
  it('needs both axes', () => {
    expect(
      count([
        [at(0, 0, 512), 'train'],
        [at(10, 600, 512), 'test'],
      ]),
    ).toBe(0);
  });
  it('measures each tile by its own length', () => {
    expect(
      count([
        [at(0, 0, 1000), 'train'],
        [at(990, 990, 10), 'test'],
        [at(1005, 990, 10), 'valid'],
        [at(1500, 0, 10), 'valid'],
      ]),
    ).toBe(2);
  });
  it('has none without tiles', () => {
    expect(count([])).toBe(0);
  });
});
