import { describe, expect, it } from 'vitest';
import { selfContact } from '../../../src/data/doctor/self-contact.ts';

describe('selfContact', () => {
  it.each([
    ['a square', [0, 0, 10, 0, 10, 10, 0, 10], 0, false],
    ['a concave ring', [0, 0, 10, 0, 10, 10, 5, 2, 0, 10], 0, false],
    ['a square whose first point stands at the end again', [0, 0, 9, 0, 9, 9, 0, 9, 0, 0], 0, false],
    ['a bow tie', [0, 0, 10, 10, 10, 0, 0, 10], 1, false],
    ['a star of five', [0, -10, 6, 8, -9.5, -3, 9.5, -3, -6, 8], 5, false],
    ['a bow tie with a point in the crossing', [0, 0, 5, 5, 10, 10, 10, 0, 5, 5, 0, 10], 0, true],
    ['two triangles that meet in a corner', [0, 0, 5, 5, 10, 0, 10, 10, 5, 5, 0, 10], 0, true],
    ['a corner on another edge', [0, 0, 10, 0, 10, 10, 5, 0, 0, 10], 0, true],
    ['a keyhole', [0, 0, 9, 0, 9, 9, 0, 9, 0, 3, 3, 3, 3, 6, 6, 6, 6, 3, 3, 3, 0, 3], 0, true],
  ])('of %s', (_name, ring, crossings, touches) => {
    expect(selfContact(ring, 100)).toEqual({ crossings, touches });
  });

  it('stops counting at the limit', () => {
    const zigzag = Array.from({ length: 40 }, (_, i) => [i, i % 2 === 0 ? 0 : 10]).flat();
    const back = Array.from({ length: 40 }, (_, i) => [39.3 - i, i % 2 === 0 ? 0 : 10]).flat();
    expect(selfContact([...zigzag, ...back], 10).crossings).toBe(10);
    expect(selfContact([...zigzag, ...back], 1000).crossings).toBeGreaterThan(30);
  });
});
