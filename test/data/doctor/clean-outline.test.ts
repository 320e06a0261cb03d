import { describe, expect, it } from 'vitest';
import { cleanOutline } from '../../../src/data/doctor/clean-outline.ts';
import { polygonArea } from '../../../src/masks/polygon.ts';
import { rleToString } from '../../../src/masks/rle.ts';
import { rleFromPolygons } from '../../../src/masks/rle-from-polygons.ts';
import { polygonAnnotation } from '../../support/doctor-samples.ts';

const FRAME = { width: 64, height: 48 };
const SQUARE = [10, 10, 30, 10, 30, 30, 10, 30];

function clean(rings: Parameters<typeof polygonAnnotation>[0]) {
  const { rings: kept, faults } = cleanOutline(polygonAnnotation(rings), FRAME);
  return { kept, faults: faults.map(({ kind, treatment }) => `${kind} ${treatment}`), details: faults };
}

/** The points of a ring, wherever it begins. */
function cornersOf(ring: readonly number[]): Set<string> {
  return new Set(Array.from({ length: ring.length / 2 }, (_, i) => `${ring[2 * i]} ${ring[2 * i + 1]}`));
}

describe('cleanOutline', () => {
  it('leaves a sound outline as it is, to the last digit', () => {
    const ring = [10.1, 10.2, 30.3, 10.4, 30.5, 30.6];
    expect(clean(ring)).toEqual({ kept: [ring], faults: [], details: [] });
  });

  it('turns shares into pixels', () => {
    const annotation = polygonAnnotation([], {
      outline: { kind: 'polygons', rings: [[0.25, 0.5, 0.5, 0.5, 0.5, 0.75]], unit: 'shares' },
    });
    expect(cleanOutline(annotation, FRAME).rings).toEqual([[16, 24, 32, 24, 32, 36]]);
  });

  it.each([
    ['a list of numbers', (counts: Uint32Array) => [...counts]],
    ['a text', (counts: Uint32Array) => rleToString({ size: [48, 64], counts })],
  ])('traces run lengths given as %s', (_name, write) => {
    const { counts } = rleFromPolygons([SQUARE], 48, 64);
    const annotation = polygonAnnotation([], {
      outline: { kind: 'rle', counts: write(counts), size: [48, 64] },
    });
    const { rings, faults } = cleanOutline(annotation, FRAME);
    expect(rings.map(cornersOf)).toEqual([cornersOf(SQUARE)]);
    expect(faults).toEqual([]);
  });

  it.each([
    ['of another size', { counts: [10], size: [2, 5] }, 'its mask is 5 x 2 pixels, the image 64 x 48'],
    ['that do not add up', { counts: [10], size: [48, 64] }, 'its mask: counts must add up'],
    ['that are none', { counts: { a: 1 }, size: [48, 64] }, 'its mask: counts must be a list'],
  ])('leaves out run lengths %s', (_name, rle, detail) => {
    const annotation = polygonAnnotation([], { outline: { kind: 'rle', ...rle } });
    const { rings, faults } = cleanOutline(annotation, FRAME);
    expect(rings).toEqual([]);
    expect(faults).toMatchObject([{ kind: 'annotation_malformed', treatment: 'dropped' }]);
    expect(faults[0]!.detail).toContain(detail);
  });

  it.each([
    ['no rings', [], 'annotation_shape dropped'],
    ['not a number', [1, 2, null, 4, 5, 6], 'annotation_malformed dropped'],
    ['half a point', [1, 2, 3, 4, 5, 6, 7], 'annotation_malformed dropped'],
    ['a number without end', [1, 2, 3, 4, Number.POSITIVE_INFINITY, 6], 'annotation_malformed dropped'],
    ['a number as far as nothing is', [1, 2, 3, 4, 1e300, 6], 'annotation_malformed dropped'],
    ['two points', [1, 2, 3, 4], 'building_degenerate dropped'],
    ['a line', [1, 1, 5, 5, 9, 9], 'building_degenerate dropped'],
    ['a point', [5, 5, 5, 5, 5, 5], 'building_degenerate dropped'],
    ['outside', [70, 10, 80, 10, 80, 20], 'building_outside dropped'],
    ['along the border', [0, 0, 0, 20, 0, 30, -5, 10], 'building_outside dropped'],
  ])('leaves out an outline with %s', (_name, ring, fault) => {
    const { kept, faults } = clean(ring);
    expect(kept).toEqual([]);
    expect(faults).toEqual([fault]);
  });

  it('keeps the sound parts of a building and says what it left out', () => {
    const { kept, faults } = clean([[1, 2, 'x', 4, 5, 6], SQUARE, [3, 3, 4, 4], [70, 1, 80, 1, 80, 9]]);
    expect(kept).toEqual([SQUARE]);
    expect(faults).toEqual([
      'annotation_malformed repaired',
      'building_degenerate repaired',
      'building_clipped repaired',
    ]);
  });

  it('cuts at the border, and says so beyond one pixel', () => {
    const { kept, details } = clean([50, 10, 84, 10, 84, 20, 50, 20]);
    expect(kept.map(cornersOf)).toEqual([cornersOf([50, 10, 64, 10, 64, 20, 50, 20])]);
    expect(details).toMatchObject([{ kind: 'building_clipped', treatment: 'repaired' }]);
    expect(details[0]!.detail).toBe('it reaches 20 pixels beyond the border');
    expect(details[0]!.severity).toBeCloseTo(20 / 34, 9);
    const rounded = clean([50, 10, 64.9, 10, 64.9, 20, 50, 20]);
    expect(rounded.kept.map(cornersOf)).toEqual(kept.map(cornersOf));
    expect(rounded.faults).toEqual([]);
  });

  it('mends an outline that crosses itself', () => {
    const { kept, details } = clean([10, 10, 30, 30, 30, 10, 10, 30]);
    expect(kept).toHaveLength(2);
    expect(kept.map((ring) => polygonArea(ring))).toEqual([100, 100]);
    expect(details).toMatchObject([{ kind: 'building_crossing', treatment: 'repaired', severity: 1 }]);
    expect(details[0]!.detail).toBe('its outline crosses itself once');
  });

  it('mends a crossing of a fraction of a pixel, as the last click of an annotator leaves it', () => {
    const { kept, faults } = clean([10, 10, 30, 10, 30, 30, 10, 30, 9.9, 9.9, 10.2, 10.2, 10.3, 9.9]);
    expect(faults).toEqual(['building_crossing repaired']);
    expect(Math.abs(polygonArea(kept[0]!) - 400)).toBeLessThan(2);
  });

  it('sees a crossing in a corner, where no two edges cross', () => {
    const { kept, faults } = clean([10, 10, 20, 20, 30, 30, 30, 10, 20, 20, 10, 30]);
    expect(faults).toEqual(['building_crossing repaired']);
    expect(kept.reduce((sum, ring) => sum + polygonArea(ring), 0)).toBe(200);
  });

  it('leaves two triangles that meet in a corner', () => {
    const ring = [10, 10, 20, 20, 30, 10, 30, 30, 20, 20, 10, 30];
    expect(clean(ring)).toEqual({ kept: [ring], faults: [], details: [] });
  });

  it('leaves a keyhole as it is, and cuts it where it leaves the image', () => {
    const keyhole = [10, 10, 40, 10, 40, 40, 10, 40, 10, 20, 20, 20, 20, 30, 30, 30, 30, 20, 20, 20, 10, 20];
    expect(clean(keyhole)).toEqual({ kept: [keyhole], faults: [], details: [] });
    const moved = keyhole.map((value, i) => (i % 2 === 0 ? value - 25 : value));
    const { kept, faults } = clean(moved);
    expect(faults).toEqual(['building_clipped repaired']);
    // Of the ring of 30 x 30 with a court of 10 x 10, 15 columns are left, 5 of which pass the court.
    expect(kept.reduce((sum, ring) => sum + polygonArea(ring), 0)).toBe(15 * 30 - 5 * 10);
  });

  it('cuts a keyhole whose doubled line crosses the border', () => {
    const court = [14, -6, 14, 2, 14, 24, 22, 24, 22, 2, 14, 2, 14, -6];
    const second = [31, -6, 31, 2, 31, 24, 40, 24, 40, 2, 31, 2, 31, -6];
    const { kept } = clean([5, -6, ...court, ...second, 49, -6, 49, 32, 5, 32]);
    const area = kept.reduce((sum, ring) => sum + polygonArea(ring), 0);
    expect(area).toBe(44 * 32 - 8 * 22 - 9 * 22);
  });

  it('counts the area of overlapping parts once', () => {
    const { kept, details } = clean([SQUARE, [20, 20, 40, 20, 40, 40, 20, 40]]);
    expect(kept.map((ring) => polygonArea(ring))).toEqual([700]);
    expect(details).toMatchObject([{ kind: 'building_parts', treatment: 'repaired' }]);
    expect(details[0]!.detail).toBe('its parts share 100 square pixels');
  });

  it('leaves parts that only touch', () => {
    const parts = [SQUARE, [30, 10, 40, 10, 40, 30, 30, 30]];
    expect(clean(parts)).toEqual({ kept: parts, faults: [], details: [] });
  });

  it('gives up on a scribble', () => {
    const scribble = Array.from({ length: 400 }, (_, i) => ((i * 7919) % 43) + (i % 7) / 7);
    expect(clean(scribble).faults).toEqual(['building_crossing dropped']);
  });
});
