import { describe, expect, it } from 'vitest';
import { rangeCurveSvg } from '../../src/visualize/range-curve.ts';

const points = Array.from({ length: 30 }, (_, i) => ({
  learningRate: 10 ** (-6 + i / 6),
  loss: 2 - i / 20,
  smoothed: 2 - i / 20,
}));
const marks = { key: 'train.learning_rate', current: 0.002, suggestion: 0.000412 };

describe('rangeCurveSvg', () => {
  it('draws every update, and a line for each rate that counts', async () => {
    const svg = await rangeCurveSvg(points, marks);
    expect(svg).toMatch(/^<svg /);
    expect(
      svg.match(/<path aria-label="[^"]*" role="graphics-symbol" aria-roledescription="circle"/g),
    ).toHaveLength(30);
    for (const label of ['params: 0.002', 'suggestion: 0.00041', 'train.learning_rate'])
      expect(svg).toContain(label);
  });
  it('has no line for what is not suggested, and stands without points', async () => {
    const svg = await rangeCurveSvg([], { ...marks, suggestion: null });
    expect(svg).toContain('params: 0.002');
    expect(svg).not.toContain('suggestion');
  });
  it('does not let a loss that breaks out flatten all else', async () => {
    const wild = [...points, { learningRate: 0.3, loss: 1e6, smoothed: 1e5 }];
    const [calm, cut] = [await rangeCurveSvg(points, marks), await rangeCurveSvg(wild, marks)];
    const labels = (svg: string) => [...svg.matchAll(/>(\d\.\d+)<\/text>/g)].map(([, text]) => text);
    expect(labels(cut)).toEqual(labels(calm));
    expect(labels(calm).length).toBeGreaterThan(3);
  });
});
