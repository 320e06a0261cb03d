import { describe, expect, it } from 'vitest';
import { correspondence } from '../../../src/evaluate/outcome/correspondence.ts';
import { decodeRle, encodeRle, type Rle } from '../../../src/masks/rle.ts';
import { createRandom } from '../../../src/system/random.ts';
import { drawMasks } from './pictures.ts';

/** @param hits of each detection the building that it is right about; none when left out */
function judge(buildings: Rle[], detections: Rle[], hits: number[] = []) {
  const found = detections.map((_, d) => hits[d] ?? -1);
  const { merged, split, merges, piece } = correspondence({ buildings, detections, hits: found });
  const indices = (flags: Uint8Array) => [...flags.keys()].filter((i) => flags[i] === 1);
  return {
    merged: indices(merged),
    split: indices(split),
    merges: indices(merges),
    piece: indices(piece),
  };
}
const NOTHING = { merged: [], split: [], merges: [], piece: [] };

describe('merged buildings', () => {
  const houses = drawMasks('AAA.BBB', 'AAA.BBB');
  const across = drawMasks('1111111', '1111111');

  it('are two houses under one detection', () => {
    expect(judge(houses, across)).toEqual({ ...NOTHING, merged: [0, 1], merges: [0] });
  });

  it('are covered by at least half each', () => {
    expect(judge(drawMasks('AAABBBB'), drawMasks('11111..'))).toEqual({
      ...NOTHING,
      merged: [0, 1],
      merges: [0],
    });
    expect(judge(drawMasks('AAABBBB'), drawMasks('1111...'))).toEqual(NOTHING);
  });

  it('make up at least half of the detection, which otherwise is a field with two sheds', () => {
    expect(judge(drawMasks('AA....BB'), drawMasks('11111111'))).toEqual({
      ...NOTHING,
      merged: [0, 1],
      merges: [0],
    });
    expect(judge(drawMasks('AA.....BB'), drawMasks('111111111'))).toEqual(NOTHING);
  });

  it('are counted once where annotations overlap', () => {
    // Together they are 3 of 8 pixels, though their areas add up to 6.
    const same = [...drawMasks('AAA.....'), ...drawMasks('AAA.....')];
    expect(judge(same, drawMasks('11111111'))).toEqual(NOTHING);
  });

  it('may be a large house, found all the same, and its annex', () => {
    const farm = drawMasks('AAAAAAB', 'AAAAAA.');
    expect(judge(farm, drawMasks('1111111', '111111.'), [0])).toEqual({
      ...NOTHING,
      merged: [0, 1],
      merges: [0],
    });
  });

  it('are not merged when the annex was found alone, nor if the large house has duplicates', () => {
    const farm = drawMasks('AAAAAABB', 'AAAAAABB');
    const whole = drawMasks('11111111', '11111111');
    const annex = drawMasks('......11', '......11');
    expect(judge(farm, [...whole, ...annex], [0, 1])).toEqual(NOTHING);
    expect(judge(farm, [...whole, ...whole, ...annex], [0, -1, 1])).toEqual(NOTHING);
  });

  it('are only those that nobody found alone', () => {
    const left = drawMasks('111....', '111....');
    expect(judge(houses, [...left, ...across], [0, -1])).toEqual({ ...NOTHING, merged: [1], merges: [1] });
  });

  it('are none when all were found alone', () => {
    const alone = drawMasks('111.222', '111.222');
    expect(judge(houses, [...across, ...alone], [-1, 0, 1])).toEqual(NOTHING);
  });

  it('stay merged when they were found by a detection that merges others', () => {
    const [row, first] = [drawMasks('AAABBBCCC'), drawMasks('1111112..')];
    // The first detection hits A and merges it with B; the second one, over all three, does not find that A was told apart.
    expect(judge(row, [first[0]!, ...drawMasks('111111111')], [0, -1])).toEqual({
      ...NOTHING,
      merged: [0, 1, 2],
      merges: [0, 1],
    });
  });
});

describe('split buildings', () => {
  const row = drawMasks('AAAAAAAAA', 'AAAAAAAAA');

  it('are a terrace row in three pieces', () => {
    const three = drawMasks('111222333', '111222333');
    expect(judge(row, three)).toEqual({ ...NOTHING, split: [0], piece: [0, 1, 2] });
  });

  it('may be found all the same', () => {
    expect(judge(row, drawMasks('111111122', '111111122'), [0])).toEqual({
      ...NOTHING,
      split: [0],
      piece: [0, 1],
    });
  });

  it('are not split by duplicates', () => {
    const twice = [...drawMasks('111111111', '111111111'), ...drawMasks('11111111.', '111111111')];
    expect(judge(row, twice, [0])).toEqual(NOTHING);
  });

  it('are not split by a part beside the whole, whichever scored better', () => {
    const [whole, part] = [drawMasks('111111111', '111111111'), drawMasks('11.......', '11.......')];
    expect(judge(row, [...whole, ...part], [0])).toEqual(NOTHING);
    expect(judge(row, [...part, ...whole], [-1, 0])).toEqual(NOTHING);
  });

  it('count a piece of which less than half lies under the others', () => {
    const overlapping = [...drawMasks('11111....'), ...drawMasks('...1111..'), ...drawMasks('..111....')];
    // Two of the four pixels of the second are covered already: as much as half, so it is none. The third neither.
    expect(judge(drawMasks('AAAAAAAAA'), overlapping)).toEqual(NOTHING);
    const apart = [...drawMasks('11111....'), ...drawMasks('....1111.'), ...drawMasks('..111....')];
    expect(judge(drawMasks('AAAAAAAAA'), apart)).toEqual({ ...NOTHING, split: [0], piece: [0, 1] });
  });

  it('are covered by at least half', () => {
    expect(judge(drawMasks('AAAAAAAA'), drawMasks('11....22'))).toEqual({
      ...NOTHING,
      split: [0],
      piece: [0, 1],
    });
    expect(judge(drawMasks('AAAAAAAAA'), drawMasks('11.....22'))).toEqual(NOTHING);
  });

  it('have pieces that lie in them with at least half of themselves', () => {
    expect(judge(drawMasks('..AAAAA..'), drawMasks('111122222'))).toEqual({
      ...NOTHING,
      split: [0],
      piece: [0, 1],
    });
    expect(judge(drawMasks('...AAA...'), drawMasks('111112222'))).toEqual(NOTHING);
  });
});

describe('correspondence', () => {
  it('may both merge and split: two buildings, two detections, each with half of either', () => {
    expect(judge(drawMasks('AABB', 'AABB'), drawMasks('1111', '2222'))).toEqual({
      merged: [0, 1],
      split: [0, 1],
      merges: [0, 1],
      piece: [0, 1],
    });
  });

  it('is nothing for a building and its detection, for neighbours, for empty masks and for nothing', () => {
    expect(judge(drawMasks('AA.BB'), drawMasks('11.22'), [0, 1])).toEqual(NOTHING);
    const empty = encodeRle(new Uint8Array(5), 1, 5);
    expect(judge([empty, empty, ...drawMasks('AA.BB')], [empty, empty, ...drawMasks('11.22')])).toEqual(
      NOTHING,
    );
    expect(judge([], [])).toEqual(NOTHING);
  });

  it('is what counting pixels says, where nothing was found alone and detections do not overlap', () => {
    const random = createRandom('correspondence', 1);
    let [merging, splitting] = [0, 0];
    for (let trial = 0; trial < 300; trial++) {
      const [buildings, detections] = [randomRegions(7), randomRegions(7)];
      const shared = (b: number, d: number) =>
        buildings[b]!.reduce((sum, pixel, i) => sum + pixel * detections[d]![i]!, 0);
      const merges = detections.map((detection, d) => {
        const covered = buildings.map((_, b) => shared(b, d)).filter((n, b) => n >= area(buildings[b]!) / 2);
        return covered.length >= 2 && sum(covered) >= area(detection) / 2;
      });
      const split = buildings.map((building, b) => {
        const pieces = detections.map((_, d) => shared(b, d)).filter((n, d) => n >= area(detections[d]!) / 2);
        return pieces.length >= 2 && sum(pieces) >= area(building) / 2;
      });
      const encode = (mask: Uint8Array) => encodeRle(mask, 6, 6);
      const found = correspondence({
        buildings: buildings.map(encode),
        detections: detections.map(encode),
        hits: detections.map(() => -1),
      });
      expect(Array.from(found.merges, Boolean)).toEqual(merges);
      expect(Array.from(found.split, Boolean)).toEqual(split);
      merging += merges.filter(Boolean).length;
      splitting += split.filter(Boolean).length;
    }
    expect(Math.min(merging, splitting)).toBeGreaterThan(50);

    /** Blocks of a picture, each with at least one pixel. */
    function randomRegions(count: number): Uint8Array[] {
      const corners = Array.from({ length: count }, () => [random.int(6), random.int(6)] as const);
      const picture = Array.from({ length: 36 }, (_, i) =>
        corners.findIndex(
          ([y, x]) => Math.abs(y - Math.floor(i / 6)) + Math.abs(x - (i % 6)) < 2 + random.int(2),
        ),
      );
      return [...new Set(picture)]
        .filter((region) => region >= 0)
        .map((region) => Uint8Array.from(picture, (each) => (each === region ? 1 : 0)));
    }
  });

  it('takes masks of the form that it is given', () => {
    // The picture's own helper would hide a mix-up of rows and columns.
    expect(decodeRle(drawMasks('A.', 'AA')[0]!)).toEqual(Uint8Array.of(1, 0, 1, 1));
  });
});

const area = (mask: Uint8Array) => sum([...mask]);
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
