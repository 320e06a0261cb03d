import { describe, expect, it } from 'vitest';
import { ringPath } from '../../../src/visualize/doctor-page/ring-path.ts';

const view = { x: 0, y: 0, width: 100, height: 80 };

describe('ringPath', () => {
  it('closes each ring', () => {
    expect(
      ringPath(
        [
          [0, 0, 10, 0, 10, 10],
          [20, 20, 30, 20, 25, 30],
        ],
        view,
      ),
    ).toBe('M0 0L10 0L10 10ZM20 20L30 20L25 30Z');
  });

  it('has no finer coordinates than are seen, and no point twice', () => {
    expect(ringPath([[0.123456, 0, 10, 0, 10.0001, 0, 5.55555, 9]], view)).toBe('M0.12 0L10 0L5.56 9Z');
    const large = { x: 0, y: 0, width: 10_000, height: 8000 };
    expect(ringPath([[0.123456, 0, 10, 0, 10.4, 0, 5.6, 9]], large)).toBe('M0 0L10 0L6 9Z');
  });

  it('is bounded for any number of rings', () => {
    const ring = Array.from({ length: 200 }, (_, i) => (i * 7919) % 100);
    const path = ringPath(
      Array.from({ length: 5000 }, () => ring),
      view,
    );
    expect(path.length).toBeGreaterThan(3000);
    expect(path.length).toBeLessThanOrEqual(4000);
    expect(path.endsWith('Z')).toBe(true);
  });

  it('is empty without points', () => {
    expect(ringPath([], view)).toBe('');
    expect(ringPath([[]], view)).toBe('');
  });
});
