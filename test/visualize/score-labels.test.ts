import { describe, expect, it } from 'vitest';
import { scoreLabels } from '../../src/visualize/score-labels.ts';
import { textWidth } from '../../src/visualize/text.ts';
import { detection } from './instances.ts';

const PANEL = [384, 384] as const;

/** Where the labels stand: y and x of their top left corners. */
function corners(svg: string): { y: number; x: number }[] {
  return [...svg.matchAll(/<g transform="translate\(([-\d.]+) ([-\d.]+)\) scale/g)].map(([, x, y]) => ({
    y: Number(y),
    x: Number(x),
  }));
}

describe('scoreLabels', () => {
  it('stands in the middle of a large building', () => {
    const [label, ...others] = corners(scoreLabels([detection([10, 20, 40, 50])], 6, PANEL));
    expect(others).toEqual([]);
    expect(label!.y + 4).toBeCloseTo(6 * 25, 0);
    expect(label!.x + textWidth('.90', 8) / 2).toBeCloseTo(6 * 35, 0);
  });

  it('stands beside a small one', () => {
    const [label] = corners(scoreLabels([detection([30, 30, 33, 33])], 3, PANEL));
    expect(label!.y + 8).toBeLessThan(3 * 30);
  });

  it('stays within the panel', () => {
    const edges = [
      [0, 0, 3, 3],
      [61, 61, 64, 64],
      [0, 61, 3, 64],
      [61, 0, 64, 3],
    ] as const;
    const labels = corners(
      scoreLabels(
        edges.map((box) => detection([...box])),
        6,
        PANEL,
      ),
    );
    expect(labels).toHaveLength(4);
    for (const { y, x } of labels) {
      expect(Math.min(y, x)).toBeGreaterThanOrEqual(0);
      expect(y + 8).toBeLessThanOrEqual(384);
      expect(x + textWidth('.90', 8)).toBeLessThanOrEqual(384);
    }
  });

  it('never puts two labels over each other; the weaker one goes', () => {
    const same = [0.6, 0.9, 0.7, 0.8, 0.5, 0.95, 0.55].map((score) => detection([20, 20, 23, 23], score));
    const labels = corners(scoreLabels(same, 3, PANEL));
    expect(labels.length).toBeGreaterThan(0);
    for (const [i, a] of labels.entries()) {
      for (const b of labels.slice(i + 1)) {
        expect(Math.abs(a.y - b.y) >= 8 || Math.abs(a.x - b.x) >= textWidth('.90', 8)).toBe(true);
      }
    }
  });

  it('covers only a small share of a crowded panel', () => {
    const crowd = Array.from({ length: 400 }, (_, i) => {
      const [y, x] = [3 * Math.floor(i / 20), 3 * (i % 20)];
      return detection([y, x, y + 2, x + 2], 0.5 + i / 1000);
    });
    const labels = corners(scoreLabels(crowd, 12, [768, 768]));
    expect(labels.length).toBeGreaterThan(50);
    expect(labels.length * 12 * (textWidth('.90', 8) + 4)).toBeLessThan(0.06 * 768 * 768);
  });

  it('is nothing without detections or for empty masks', () => {
    expect(scoreLabels([], 1, PANEL)).toBe('');
    expect(scoreLabels([detection([70, 70, 80, 80])], 1, PANEL)).toBe('');
  });
});
