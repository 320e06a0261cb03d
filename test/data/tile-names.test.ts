import { describe, expect, it } from 'vitest';
import { countNearOthers, type TilePlace, tilePlaces } from '../../src/data/tile-names.ts';

const places = (stems: readonly string[], side: number | null = null) =>
  tilePlaces(stems.map((stem) => ({ stem, side })));

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
    expect(place).toEqual({ scene, first, second, reach: 1 });
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
    expect(places(stems)).toEqual([
      { scene: 'a_', first: 0, second: 0, reach: 1 },
      { scene: 'a_', first: 0, second: 2, reach: 1 },
      { scene: 'a_', first: 2, second: 1, reach: 1 },
      { scene: 'a_', first: 1, second: 0, reach: 1 },
    ]);
  });

  it('compares offsets within a scene only', () => {
    expect(places(['a_0_0', 'b_7_3', 'b_519_0', 'a_512_512']).map((place) => place?.first)).toEqual([
      0, 0, 1, 1,
    ]);
  });

  it('takes the step of the other axis for a single row', () => {
    expect(places(['a_256_0', 'a_256_256'])[0]).toMatchObject({ first: 1, second: 0 });
  });

  it('takes equal numbers of a slippy map for equal places, whatever stands before them', () => {
    const [before, after] = places(['2015_773380_440482', '2020_773380_440482', '2020_773381_440483']);
    expect(after).toEqual(before);
  });

  it('does not do so with scenes that count from a corner of their own', () => {
    const [one, other] = places(['a_0_0', 'b_0_0', 'a_1_1', 'b_1_1']);
    expect(one!.scene).not.toBe(other!.scene);
  });

  it('reaches further where tiles overlap', () => {
    const reach = (side: number, step: number) => places(['a_0_0', `a_${step}_${step}`], side)[0]!.reach;
    expect(reach(512, 512)).toBe(1);
    expect(reach(512, 256)).toBe(2);
    expect(reach(512, 400)).toBe(2);
    expect(reach(5000, 500)).toBe(1); // metres of ground, not pixels
    expect(reach(256, 1)).toBe(1);
  });
});

describe('countNearOthers', () => {
  const at = (first: number, second: number, more: Partial<TilePlace> = {}): TilePlace => ({
    ...{ scene: 'a', first, second, reach: 1 },
    ...more,
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
        [at(0, 1, { scene: 'b' }), 'test'],
      ]),
    ).toBe(0);
  });
  it('looks as far as tiles reach', () => {
    expect(
      count([
        [at(0, 0, { reach: 2 }), 'train'],
        [at(0, 2, { reach: 2 }), 'test'],
      ]),
    ).toBe(2);
  });
});
