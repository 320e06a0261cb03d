import { describe, expect, it } from 'vitest';
import {
  type AreaRange,
  type ImageMatches,
  IOU_THRESHOLDS,
  type MatchInput,
  matchImage,
} from '../../../src/evaluate/matching/matching.ts';

const [T, F, L] = ['right', 'wrong', 'left out'];

/** `overlaps` as rows, one for each detection; areas are medium unless said. */
function match(
  overlaps: number[][],
  truth?: Partial<MatchInput['truth'][number]>[],
  detectionAreas?: number[],
) {
  const buildings = truth ?? overlaps[0]!.map(() => ({}));
  return matchImage({
    scores: Float64Array.from(overlaps, (_, i) => 1 - i / 100),
    detectionAreas: detectionAreas ?? overlaps.map(() => 2000),
    truth: buildings.map((building) => ({ area: 2000, crowd: false, ...building })),
    overlaps: Float64Array.from(overlaps.flat()),
  });
}

/** [D] */
function outcomes({ ranges }: ImageMatches, range: AreaRange, t: number) {
  const { right, leftOut } = ranges[range];
  return Array.from(right, (bits, d) => ((bits >> t) & 1 ? T : (leftOut[d]! >> t) & 1 ? L : F));
}

/** Outcomes at IoU 0.5 within all sizes. */
const at50 = (matches: ImageMatches) => outcomes(matches, 'all', 0);

describe('IOU_THRESHOLDS', () => {
  it("are numpy's linspace(0.5, 0.95, 10) to the last bit", () => {
    expect(IOU_THRESHOLDS).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95]);
  });
});

describe('matchImage', () => {
  it('gives a building to the best detection that comes first, and calls the second one wrong', () => {
    expect(at50(match([[0.8], [0.9]]))).toEqual([T, F]);
  });

  it('takes the building with the larger overlap, and the next one when it is taken', () => {
    expect(
      at50(
        match([
          [0.6, 0.7],
          [0.6, 0.7],
          [0.6, 0.7],
        ]),
      ),
    ).toEqual([T, T, F]);
  });

  it('looks for the larger overlap, wherever it stands', () => {
    // The first detection must leave building 1 to the second, which overlaps no other.
    expect(
      at50(
        match([
          [0.7, 0.6],
          [0, 0.9],
        ]),
      ),
    ).toEqual([T, T]);
  });

  it('takes the later building when two overlap equally', () => {
    // The first detection takes building 1, so that the second, which only overlaps that one, has none left.
    expect(
      at50(
        match([
          [0.7, 0.7],
          [0, 0.9],
        ]),
      ),
    ).toEqual([T, F]);
  });

  it('accepts an overlap that is just the threshold', () => {
    expect(at50(match([[0.5]]))).toEqual([T]);
    expect(at50(match([[0.4999999]]))).toEqual([F]);
  });

  it('judges each threshold for itself', () => {
    const matches = match([[0.72]]);
    const byThreshold = IOU_THRESHOLDS.map((_, t) => outcomes(matches, 'all', t)[0]);
    expect(byThreshold).toEqual([T, T, T, T, T, F, F, F, F, F]);
  });

  it('gives a building that is too far off for one detection to the next, threshold by threshold', () => {
    // Up to 0.7 the first takes it; beyond, the second does.
    const matches = match([[0.7], [0.9]]);
    expect(IOU_THRESHOLDS.map((_, t) => outcomes(matches, 'all', t))).toEqual([
      ...Array(5).fill([T, F]),
      ...Array(4).fill([F, T]),
      [F, F],
    ]);
  });

  it('says which building each detection takes at IoU 0.5, crowds included', () => {
    const overlaps = [
      [0.6, 0.9, 0],
      [0.6, 0.9, 0],
      [0, 0, 0.52],
      [0.4, 0, 0.3],
    ];
    expect([...match(overlaps, [{}, {}, { crowd: true }]).buildings]).toEqual([1, 0, 2, -1]);
  });

  it('leaves out any number of detections on a crowd, and does not count it', () => {
    const matches = match([[0.9], [0.9]], [{ crowd: true }]);
    expect(at50(matches)).toEqual([L, L]);
    expect(matches.ranges.all.positives).toBe(0);
  });

  it('prefers a building that counts to a crowd that overlaps more', () => {
    expect(at50(match([[0.99, 0.6]], [{ crowd: true }, {}]))).toEqual([T]);
  });

  it('counts and punishes only within the area range', () => {
    const matches = match(
      [
        [0.9, 0],
        [0, 0],
        [0, 0],
      ],
      [{ area: 500 }, { area: 5000 }],
      [500, 500, 5000],
    );
    const outcomesAt50 = (range: AreaRange) => outcomes(matches, range, 0);
    expect(outcomesAt50('small')).toEqual([T, F, L]);
    expect(outcomesAt50('medium')).toEqual([L, L, F]);
    expect(outcomesAt50('large')).toEqual([L, L, L]);
    expect(matches.ranges.small.positives).toBe(1);
    expect(matches.ranges.large.positives).toBe(0);
  });

  it('counts an area on the border in both ranges', () => {
    const { ranges } = match([[0.9]], [{ area: 1024 }]);
    expect([ranges.small.positives, ranges.medium.positives]).toEqual([1, 1]);
  });

  it('is empty for an empty image', () => {
    const matches = match([] as number[][], []);
    const none = new Uint16Array(0);
    expect(matches.ranges.all).toEqual({ positives: 0, right: none, leftOut: none });
  });
});
