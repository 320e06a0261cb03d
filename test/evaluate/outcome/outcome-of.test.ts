import { describe, expect, it } from 'vitest';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import { measureImage } from '../../../src/evaluate/matching/measure-image.ts';
import { outcomeOf } from '../../../src/evaluate/outcome/outcome-of.ts';
import { countUnionPixels } from '../../../src/evaluate/outcome/union-agreement.ts';
import { type Rle, rleArea, rleBox } from '../../../src/masks/rle.ts';
import { randomImages } from '../random-images.ts';
import { drawMasks } from './pictures.ts';

type Truth = { mask: Rle; area?: number; crowd?: boolean; category?: number };
type Found = { mask: Rle; score: number; category?: number };

function imageOf(truth: Truth[], detections: Found[]): EvaluatedImage {
  const [height, width] = [...truth, ...detections][0]!.mask.size;
  return {
    id: 7,
    name: 'town.jpg',
    origin: 'hub',
    width,
    height,
    truth: truth.map((each) => ({
      box: rleBox(each.mask),
      area: rleArea(each.mask),
      crowd: false,
      ...each,
    })),
    detections: detections.map((each) => ({ box: rleBox(each.mask), ...each })),
  };
}

function judge(image: EvaluatedImage, scoreThreshold: number, maxDetections = 100) {
  return outcomeOf(image, measureImage(image, { maxDetections, categories: 3 }), scoreThreshold);
}

describe('outcomeOf', () => {
  const [a, b, crowd] = drawMasks('AAAA.BBBB.CCC', 'AAAA.BBBB.CCC') as [Rle, Rle, Rle];
  const [exact, half, inCrowd] = drawMasks('1111.22...333', '1111.2....333') as [Rle, Rle, Rle];
  const town = imageOf(
    [{ mask: crowd, crowd: true }, { mask: a }, { mask: b }],
    [
      { mask: inCrowd, score: 0.2 },
      { mask: half, score: 0.6 },
      { mask: exact, score: 0.9 },
      { mask: exact, score: 0.5 },
    ],
  );

  it('says what became of all', () => {
    const nothingShared = { merged: false, split: false };
    const noShare = { merges: false, piece: false };
    expect(judge(town, 0)).toEqual({
      id: 7,
      name: 'town.jpg',
      origin: 'hub',
      size: [2, 13],
      buildings: [
        { truth: 1, kind: 'hit', ...nothingShared, detection: 2, iou: 1, size: 'small', area: 8, gap: 1 },
        {
          truth: 2,
          kind: 'localisation',
          ...nothingShared,
          detection: 1,
          iou: 3 / 8,
          size: 'small',
          area: 8,
          gap: 1,
        },
      ],
      detections: [
        { detection: 2, kind: 'hit', ...noShare, truth: 1, iou: 1, size: 'small', score: 0.9 },
        { detection: 1, kind: 'localisation', ...noShare, truth: 2, iou: 3 / 8, size: 'small', score: 0.6 },
        { detection: 3, kind: 'duplicate', ...noShare, truth: 1, iou: 1, size: 'small', score: 0.5 },
        { detection: 0, kind: 'crowd', ...noShare, truth: 0, iou: 1, size: 'small', score: 0.2 },
      ],
      pixels: { both: 11, truth: 16, found: 11 },
    });
  });

  it('takes the detections from the threshold on, that score included', () => {
    const at = (threshold: number) => {
      const { buildings, detections, pixels } = judge(town, threshold);
      return [buildings.map(({ kind }) => kind), detections.map(({ detection }) => detection), pixels.found];
    };
    expect(at(0.6)).toEqual([['hit', 'localisation'], [2, 1], 11]);
    expect(at(0.61)).toEqual([['hit', 'missed'], [2], 8]);
    expect(at(0.91)).toEqual([['missed', 'missed'], [], 0]);
  });

  it('shows no more than were measured', () => {
    expect(judge(town, 0, 2).detections.map(({ detection }) => detection)).toEqual([2, 1]);
  });

  it('finds merged and split buildings, crowd regions and what lies in them apart', () => {
    const whole = drawMasks('111111111', '111111111')[0]!;
    const [left, right] = drawMasks('AAAA.BBBB', 'AAAA.BBBB') as [Rle, Rle];
    const merged = (crowd: boolean) =>
      judge(imageOf([{ mask: left }, { mask: right, crowd }], [{ mask: whole, score: 0.9 }]), 0);
    expect(merged(false).buildings.map((building) => building.merged)).toEqual([true, true]);
    expect(merged(false).detections[0]!.merges).toBe(true);
    expect(merged(true).buildings.map((building) => building.merged)).toEqual([false]);
    const pieces = [left, right].map((mask) => ({ mask, score: 0.9 }));
    const split = (crowd: boolean) => judge(imageOf([{ mask: whole, crowd }], pieces), 0);
    expect(split(false).buildings[0]!.split).toBe(true);
    expect(split(false).detections.map(({ piece }) => piece)).toEqual([true, true]);
    expect(split(true).detections.map(({ kind, piece }) => [kind, piece])).toEqual([
      ['crowd', false],
      ['crowd', false],
    ]);
  });

  it('leaves what lies in a crowd region out of it, though a building is there as well', () => {
    const row = drawMasks('AAAAAAAAA')[0]!;
    const pieces = drawMasks('111222333').map((mask) => ({ mask, score: 0.9 }));
    const split = (crowds: Truth[]) =>
      judge(imageOf([{ mask: row }, ...crowds], pieces), 0).buildings[0]!.split;
    expect(split([])).toBe(true);
    expect(split([{ mask: row, crowd: true }])).toBe(false);
  });

  it('does not call merged what was found alone', () => {
    const [left, right] = drawMasks('AAAA.BBBB') as [Rle, Rle];
    const across = { mask: drawMasks('111111111')[0]!, score: 0.9 };
    // The crowd region comes first, so that indices among the buildings are not those in the ground truth.
    const truth = [{ mask: drawMasks('........C')[0]!, crowd: true }, { mask: left }, { mask: right }];
    const { buildings } = judge(imageOf(truth, [across, { mask: left, score: 0.5 }]), 0);
    expect(buildings.map(({ truth, merged }) => [truth, merged])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  it('counts a piece only from the threshold on', () => {
    const whole = drawMasks('11111111')[0]!;
    const [left, right] = drawMasks('1111.222') as [Rle, Rle];
    const image = imageOf(
      [{ mask: whole }],
      [
        { mask: left, score: 0.9 },
        { mask: right, score: 0.3 },
      ],
    );
    expect([0, 0.5].map((threshold) => judge(image, threshold).buildings[0]!.split)).toEqual([true, false]);
  });

  it('merges across categories, and names the other category', () => {
    const [left, right] = drawMasks('AAAABBBB') as [Rle, Rle];
    const image = imageOf(
      [{ mask: left }, { mask: right, category: 1 }],
      [{ mask: drawMasks('11111111')[0]!, score: 0.9, category: 2 }],
    );
    const { buildings, detections } = judge(image, 0);
    expect(buildings.map(({ kind, merged }) => [kind, merged])).toEqual([
      ['class', true],
      ['missed', true],
    ]);
    expect(detections[0]).toMatchObject({ kind: 'class', truth: 0, iou: 0.5, merges: true });
  });

  it("classes buildings by their annotation's area, detections by their mask", () => {
    const areas = [32 ** 2, 32 ** 2 + 1, 96 ** 2, 96 ** 2 + 1];
    const masks = drawMasks('ABCD');
    const image = imageOf(
      masks.map((mask, i) => ({ mask, area: areas[i]! })),
      [{ mask: masks[3]!, score: 0.9 }],
    );
    const { buildings, detections } = judge(image, 0);
    expect(buildings.map(({ size }) => size)).toEqual(['small', 'medium', 'medium', 'large']);
    expect(detections.map(({ size }) => size)).toEqual(['small']);
  });

  it("refuses another image's measures", () => {
    const measured = measureImage(town, { maxDetections: 100 });
    expect(() => outcomeOf({ ...town, id: 8 }, measured, 0)).toThrow(
      'outcomeOf: image 8 with the measures of 7',
    );
  });
});

describe('the outcomes of random images', () => {
  const options = { maxDetections: 12, categories: 2 };
  const thresholds = [0, 0.3, 0.5, 0.9];
  const sets = [11, 12, 13].flatMap((seed) =>
    randomImages(seed, { images: 6, instances: 20, size: 100, categories: 2 }),
  );
  const cases = sets.flatMap((image) => thresholds.map((threshold) => ({ image, threshold })));
  const outcome = ({ image, threshold }: (typeof cases)[number]) =>
    outcomeOf(image, measureImage(image, options), threshold);

  it("hit what COCO's matching of the detections from the threshold on takes", () => {
    for (const { image, threshold } of cases) {
      const { detections } = outcome({ image, threshold });
      const chosen = image.detections.filter(({ score }) => score >= threshold);
      const { categories } = measureImage({ ...image, detections: chosen }, options);
      const taken = categories.flatMap(({ order, mask }) =>
        Array.from(order, (index, d) => [image.detections.indexOf(chosen[index]!), mask.buildings[d]!]),
      );
      const ours = detections.map(({ detection, kind, truth }) => [
        detection,
        kind === 'hit' || kind === 'crowd' ? truth : -1,
      ]);
      expect(new Map(ours as [number, number][])).toEqual(new Map(taken as [number, number][]));
    }
  });

  it('give each building one kind, which agrees with that of the detection it speaks of', () => {
    const seen = new Set<string>();
    for (const each of cases) {
      const { buildings, detections } = outcome(each);
      expect(buildings.map(({ truth }) => truth)).toEqual(
        [...each.image.truth.keys()].filter((g) => !each.image.truth[g]!.crowd),
      );
      const hits = detections.filter(({ kind }) => kind === 'hit');
      expect(buildings.filter(({ kind }) => kind === 'hit')).toHaveLength(hits.length);
      for (const { kind, truth, detection, iou } of buildings) {
        seen.add(kind);
        if (kind === 'missed') expect([detection, iou]).toEqual([-1, 0]);
        else {
          const spokenOf = detections.find((found) => found.detection === detection)!;
          expect(spokenOf).toMatchObject({ kind, truth, iou });
        }
      }
    }
    expect([...seen].sort((a, b) => (a < b ? -1 : 1))).toEqual(['class', 'hit', 'localisation', 'missed']);
  });

  it('list the detections by score, with kinds that do not depend on the threshold', () => {
    for (const image of sets) {
      const all = outcome({ image, threshold: 0 }).detections;
      expect(all.map(({ score }) => score)).toEqual(all.map(({ score }) => score).toSorted((a, b) => b - a));
      const plain = (found: typeof all) =>
        found.map(({ detection, kind, truth }) => ({ detection, kind, truth }));
      for (const threshold of thresholds) {
        const found = outcome({ image, threshold }).detections;
        expect(plain(found)).toEqual(plain(all.filter(({ score }) => score >= threshold)));
      }
    }
  });

  it('count the pixels outside of crowd regions', () => {
    for (const { image, threshold } of cases) {
      const { pixels, detections } = outcome({ image, threshold });
      const masks = (crowd: boolean) =>
        image.truth.filter((each) => each.crowd === crowd).map(({ mask }) => mask);
      const found = detections.map(({ detection }) => image.detections[detection]!.mask);
      expect(pixels).toEqual(countUnionPixels(masks(false), found, masks(true)));
    }
  });

  it('merge with a detection at least, and split with two', () => {
    for (const each of cases) {
      const { buildings, detections } = outcome(each);
      const count = <T>(items: T[], isWanted: (item: T) => boolean) => items.filter(isWanted).length;
      const merged = count(buildings, (building) => building.merged);
      const split = count(buildings, (building) => building.split);
      expect(merged > 0).toBe(count(detections, ({ merges }) => merges) > 0);
      const pieces = count(detections, ({ piece }) => piece);
      expect(split > 0).toBe(pieces > 0);
      if (split > 0) expect(pieces).toBeGreaterThanOrEqual(2);
    }
  });
});
