import { describe, expect, it } from 'vitest';
import type { Split } from '../../src/data/prepared.ts';
import type { SourceSample } from '../../src/data/sources/source-sample.ts';
import { type PlacedSamples, splitCustom, splitSource } from '../../src/data/split.ts';
import type { Params } from '../../src/params/schema.ts';
import { UserError } from '../../src/system/errors.ts';
import { createRandom } from '../../src/system/random.ts';
import { collectLog } from '../support/collect-log.ts';
import { testParams } from '../support/test-params.ts';

const sample = (name: string, split: Split | null = null): SourceSample => ({
  ...{ file: `/${name}`, name, size: { width: 256, height: 256 }, origin: 'local', split },
  ...{ temporary: false, annotations: [] },
});

function params(split: Partial<Params['data']['split']> = {}, customValid = 0, seed = 17): Params {
  const base = testParams('/nowhere');
  const data = { ...base.data, split: { ...base.data.split, ...split }, custom_valid: customValid };
  return { ...base, data, seed };
}

function divided(names: readonly string[], given: Params, of = splitSource) {
  const log = collectLog();
  const placed = of({ samples: names.map((name) => sample(name)), label: 'my/data' }, given, log);
  return { ...placed, lines: log.lines, splits: splitsOf(placed), sizes: sizesOf(placed) };
}

const splitsOf = ({ samples }: PlacedSamples) => new Map(samples.map(({ name, split }) => [name, split]));

function sizesOf({ samples }: PlacedSamples): Record<Split, number> {
  const sizes = { train: 0, valid: 0, test: 0 };
  for (const { split } of samples) sizes[split]++;
  return sizes;
}

/** Tiles of a whole rectangle. */
function grid(rows: number, columns: number, name: (row: number, column: number) => string): string[] {
  return Array.from({ length: rows * columns }, (_, i) => name(Math.floor(i / columns), i % columns));
}

/** Every two names with the same key are in the same split. */
function expectTogether(splits: ReadonlyMap<string, Split>, keyOf: (name: string) => string): void {
  const byKey = Map.groupBy([...splits], ([name]) => keyOf(name));
  for (const [key, members] of byKey) {
    expect(new Set(members.map(([, split]) => split)).size, key).toBe(1);
  }
}

/** Of tiles of 256 pixels, those that touch one of another split: every pair compared. */
function countNear(splits: ReadonlyMap<string, Split>): number {
  const tiles = [...splits].map(([name, split]) => ({ corner: name.match(/\d+/g)!.map(Number), split }));
  const near = tiles.filter(({ corner: [y, x], split }) =>
    tiles.some(
      ({ corner, split: other }) =>
        other !== split && Math.abs(corner[0]! - y!) <= 256 && Math.abs(corner[1]! - x!) <= 256,
    ),
  );
  return near.length;
}

describe('splitSource', () => {
  it('keeps the splits that are there', () => {
    const samples = [sample('a', 'train'), sample('b', 'test'), sample('c', 'valid')];
    const placed = splitSource({ samples, label: 'x' }, params(), collectLog());
    expect(placed).toEqual({ samples, division: null });
  });

  it('refuses a source that is split in part', () => {
    const samples = [sample('a', 'train'), sample('b/c.png')];
    const split = () => splitSource({ samples, label: 'my/data' }, params(), collectLog());
    expect(split).toThrow(UserError);
    expect(split).toThrow(/^Some images of my\/data are in a split and others are not, such as b\/c\.png: /);
  });

  it('keeps what foreign names say in one line', () => {
    const samples = [sample('a', 'train'), sample('b\u001b[2J\nerror: forged.png')];
    const split = () => splitSource({ samples, label: 'my/data' }, params(), collectLog());
    expect(split).toThrow(/, such as b\\u001b\[2J\\nerror: forged\.png: put them/);
    const given = params({ scene: '(town\\d+)' });
    expect(() => divided(['roof\u001b[2J\nerror: forged.png'], given)).toThrow(
      /the file name roof\\u001b\[2J\\nerror: forged\.png: it must/,
    );
  });

  it('keeps blocks of tiles whole, and meets the shares', () => {
    const names = grid(48, 48, (y, x) => `town_z20_${773_376 + y}_${440_480 + x}.jpg`);
    const { splits, sizes, division, lines } = divided(names, params());
    const blockOf = (name: string) =>
      name
        .match(/\d{6}/g)!
        .map((number) => Math.floor(Number(number) / 8))
        .join();
    expectTogether(splits, blockOf);
    expect(division).toEqual({ by: 'tiles', groups: 36, near: expect.any(Number) });
    expect(Math.abs(sizes.valid - 0.15 * 2304)).toBeLessThan(64);
    expect(Math.abs(sizes.test - 0.15 * 2304)).toBeLessThan(64);
    expect(lines[0]).toMatch(
      /^Dividing my\/data: 2304 images in 36 blocks of 8 x 8 tiles; \d+ train, \d+ valid, \d+ test$/,
    );
    expect(lines[1]).toBe(
      `warning: ${division!.near} of the 2304 images of my/data lie beside one of another split; a larger data.split.block (8) makes them fewer`,
    );
  });

  it('counts exactly those that lie beside another split', () => {
    const names = grid(16, 16, (y, x) => `a_${y}_${x}.jpg`);
    const { splits, division } = divided(names, params({ block: 4 }));
    const near = names.filter((name) => {
      const [y, x] = name.match(/\d+/g)!.map(Number) as [number, number];
      const around = grid(3, 3, (i, j) => `a_${y + i - 1}_${x + j - 1}.jpg`);
      return around.some((other) => splits.has(other) && splits.get(other) !== splits.get(name));
    });
    expect(division!.near).toBe(near.length);
    expect(near.length).toBeGreaterThan(0);
  });

  it('has fewer neighbours elsewhere with larger blocks', () => {
    const names = grid(64, 64, (y, x) => `a_${y}_${x}.jpg`);
    const near = [2, 4, 8, 16].map((block) => divided(names, params({ block })).division!.near!);
    expect(near).toEqual([...near].sort((a, b) => b - a));
    // Of a block of b x b tiles at most 4b - 4 lie at its border.
    near.forEach((count, i) => {
      expect(count / names.length).toBeLessThanOrEqual(4 / 2 ** (i + 1));
    });
  });

  it('counts offsets in pixels as tiles', () => {
    const names = grid(16, 16, (y, x) => `city_${512 * y}_${512 * x}.tif`);
    const { splits, division } = divided(names, params({ block: 4 }));
    expect(division).toMatchObject({ by: 'tiles', groups: 16 });
    expectTogether(splits, (name) =>
      name
        .match(/\d+/g)!
        .map((offset) => Math.floor(Number(offset) / 2048))
        .join(),
    );
  });

  /** Offsets of 20 tiles of 256 pixels, the last one moved by 246 to fit. */
  const fitted = (i: number) => (i < 19 ? 256 * i : 256 * 18 + 10);
  const corners = (y: number, x: number) => `${192 * y}_${192 * x}_${192 * y + 256}_${192 * x + 256}`;
  it.each<[string, string[]]>([
    ['slices named by two corners', grid(20, 20, (y, x) => `a_${corners(y, x)}.png`)],
    ['a last row and column moved to fit', grid(20, 20, (y, x) => `a_${fitted(y)}_${fitted(x)}.png`)],
    ['a stray tile', [...grid(20, 20, (y, x) => `a_${256 * y}_${256 * x}.png`), 'a_257_256.png']],
  ])('keeps blocks together in spite of %s, and counts neighbours', (_, names) => {
    const { division, splits } = divided(names, params());
    // 20 tiles are blocks of 8, 8 and 4 on each axis.
    expect(division).toMatchObject({ by: 'tiles', groups: 9 });
    const near = countNear(splits);
    expect(near).toBeGreaterThan(0);
    expect(division!.near).toBe(near);
  });

  it('takes crops at random for pixels, and counts those that overlap', () => {
    const random = createRandom(1);
    const names = Array.from(
      { length: 300 },
      () => `a_${Math.floor(4000 * random.next())}_${Math.floor(4000 * random.next())}.png`,
    );
    const { division, splits, lines } = divided(names, params({ block: 4 }));
    // Blocks of 1024 pixels.
    expect(division).toEqual({ by: 'tiles', groups: 16, near: countNear(splits) });
    expect(division!.near).toBeGreaterThan(0);
    expect(lines).toHaveLength(2);
  });

  it('warns where blocks keep nothing together, but for those of a single tile', () => {
    const dense = grid(5, 5, (y, x) => `a_r${y}_c${x}.jpg`);
    const scattered = grid(1, 20, (_, i) => `town${i}_r3_c${i}.jpg`);
    const alone = /^warning: Nearly every image of my\/data is a block by itself: /;
    const warned = (of: readonly string[], block: number) =>
      divided(of, params({ block })).lines.filter((line) => alone.test(line)).length;
    expect([warned(scattered, 8), warned(dense, 2), warned(dense, 1)]).toEqual([1, 0, 0]);
  });

  it('keeps a scene of the user whole', () => {
    const names = grid(20, 10, (scene, i) => `lot${scene}/img-${i}_town${scene}.png`);
    const { splits, division } = divided(names, params({ scene: '_(town\\d+)' }));
    expect(division).toEqual({ by: 'scene', groups: 20, near: null });
    expectTogether(splits, (name) => /town\d+/.exec(name)![0]);
  });

  it('looks for the scene in the file name alone', () => {
    const names = grid(9, 2, (scene, i) => `town7/town${scene}-${i}.png`);
    expect(divided(names, params({ scene: '(town\\d)' })).division).toMatchObject({ groups: 9 });
  });

  it('does not take a few names that end in two numbers for a map', () => {
    const names = [...grid(3, 3, (y, x) => `roof ${y}${x}.jpg`), 'a_1_2.jpg', 'a_1_3.jpg'];
    expect(divided(names, params()).division).toEqual({ by: 'image', groups: 11, near: null });
  });

  it('keeps a map in spite of some stray files', () => {
    const names = [...grid(6, 6, (y, x) => `a_${y}_${x}.jpg`), 'one.jpg', 'two.jpg'];
    expect(divided(names, params({ block: 2 })).division).toMatchObject({ by: 'tiles', groups: 11 });
  });

  it('names a file in which the pattern finds no scene', () => {
    expect(() => divided(['a/town1.png', 'a/roof.png'], params({ scene: '(town\\d+)' }))).toThrow(
      /^data\.split\.scene \(\(town\\d\+\)\) finds no scene in the file name roof\.png: /,
    );
  });

  it('keeps the augmented copies of one original together', () => {
    const names = grid(40, 3, (i, copy) => `roof${i}x_jpg.rf.${copy}a${i}.jpg`);
    const { splits, division } = divided(names, params());
    expect(division).toEqual({ by: 'image', groups: 40, near: null });
    expectTogether(splits, (name) => name.split('.rf.')[0]!);
  });

  it('sees tiles behind the names that Roboflow gives', () => {
    const names = grid(12, 12, (y, x) => `town_${y}_${x}_jpg.rf.${'0123456789abcdef'[y]}f${x}.jpg`);
    expect(divided(names, params({ block: 3 })).division).toMatchObject({ by: 'tiles', groups: 16 });
  });

  it('keeps folders whole', () => {
    const names = grid(12, 5, (flight, i) => `flight${flight}/${i}.jpg`);
    const { splits, division } = divided(names, params());
    expect(division).toEqual({ by: 'folder', groups: 12, near: null });
    expectTogether(splits, (name) => name.split('/')[0]!);
  });

  it('warns where nothing tells which images belong together', () => {
    const { division, lines, sizes } = divided(
      grid(10, 10, (i, j) => `images/roof ${i}${j}.jpg`),
      params(),
    );
    expect(division).toEqual({ by: 'image', groups: 100, near: null });
    expect(sizes).toEqual({ train: 70, valid: 15, test: 15 });
    expect(lines.at(-1)).toMatch(
      /^warning: The file names of my\/data do not say which images lie side by side/,
    );
  });

  it.each<[string[], RegExp]>([
    [
      grid(4, 8, (y, x) => `a_${y}_${x}.jpg`),
      /^Cannot divide my\/data into train, valid and test: 32 images in 1 block of 8 x 8 tiles, and each stays whole; lower data\.split\.block to 3, the largest that gives at least 3 blocks$/,
    ],
    [grid(3, 4, (y, x) => `a_${y}_${x}.jpg`), /12 images in 1 block .+; lower data\.split\.block to 2, the/],
    [
      grid(1, 15, (y, x) => `a_${y}_${x}.jpg`),
      /15 images in 2 blocks .+; lower data\.split\.block to 7, the/,
    ],
    [['a/t_1_1.jpg', 'b/t_1_2.jpg'], /2 images in 2 blocks .+; add images$/],
    [['a/1.jpg', 'b/2.jpg', 'b/3.jpg'], /3 images in 2 folders, .+; name the scene of each file by/],
    [['1.jpg', '2.jpg'], /2 images in 2 originals, .+; add images$/],
    [['1.jpg'], /1 image in 1 original, /],
  ])('says what to do where there are too few groups', (names, message) => {
    expect(() => divided(names, params())).toThrow(UserError);
    expect(() => divided(names, params())).toThrow(message);
  });

  it('follows from the names and the seed, not from the order', () => {
    const names = grid(30, 30, (y, x) => `a_${y}_${x}.jpg`);
    const sorted = (splits: ReadonlyMap<string, Split>) => [...splits].sort(([a], [b]) => (a < b ? -1 : 1));
    const [one, shuffled, other] = [
      divided(names, params()),
      divided(createRandom(1).shuffle(names), params()),
      divided(names, params({}, 0, 18)),
    ];
    expect(sorted(shuffled.splits)).toEqual(sorted(one.splits));
    expect(sorted(other.splits)).not.toEqual(sorted(one.splits));
  });
});

describe('splitCustom', () => {
  it('sends all to train where no share is asked for', () => {
    const { sizes, division, lines } = divided(['a.jpg', 'b.jpg'], params(), splitCustom);
    expect(sizes).toEqual({ train: 2, valid: 0, test: 0 });
    expect(division).toBeNull();
    expect(lines).toEqual([]);
  });

  it('sends the share to valid by groups, none to test', () => {
    const names = grid(20, 20, (y, x) => `a_${y}_${x}.jpg`);
    const { sizes, splits, division } = divided(names, params({ block: 2 }, 0.1), splitCustom);
    expect(sizes).toEqual({ train: 360, valid: 40, test: 0 });
    expect(division).toMatchObject({ by: 'tiles', groups: 100 });
    expectTogether(splits, (name) =>
      name
        .match(/\d+/g)!
        .map((number) => Math.floor(Number(number) / 2))
        .join(),
    );
  });

  it('says that a share is too small for any group', () => {
    const names = grid(4, 4, (y, x) => `a_${y}_${x}.jpg`);
    const { sizes, lines } = divided(names, params({}, 0.25), splitCustom);
    expect(sizes).toEqual({ train: 16, valid: 0, test: 0 });
    expect(lines.at(-1)).toBe(
      'warning: None of my/data goes to valid: 16 images in 1 block of 8 x 8 tiles, each too large for its share of 0.25 (data.custom_valid)',
    );
  });

  it('keeps splits of its own, so that no test image is ever trained on', () => {
    const samples = [sample('a', 'train'), sample('b', 'test'), sample('c', 'valid')];
    const log = collectLog();
    const placed = splitCustom({ samples, label: 'mine' }, params({}, 0.5), log);
    expect(placed).toEqual({ samples, division: null });
    expect(log.lines).toEqual(['mine has splits of its own, which are kept: 1 train, 1 valid, 1 test']);
  });
});
