import { describe, expect, it } from 'vitest';
import { instanceColors, PALETTE } from '../../src/visualize/instance-colors.ts';
import { building, detection } from './instances.ts';

describe('instanceColors', () => {
  it('gives neighbours different colours, also when there are more buildings than colours', () => {
    const truth = Array.from({ length: 64 }, (_, i) => {
      const [y, x] = [8 * Math.floor(i / 8), 8 * (i % 8)];
      return building([y, x, y + 7, x + 7]);
    });
    const { truth: colors } = instanceColors(truth, []);
    expect(new Set(colors).size).toBe(PALETTE.length);
    for (let i = 0; i < 64; i++) {
      if (i % 8 < 7) expect(colors[i]).not.toBe(colors[i + 1]);
      if (i < 56) expect(colors[i]).not.toBe(colors[i + 8]);
    }
  });

  it('gives a detection the colour of the building it found, and others to the rest', () => {
    const truth = [building([0, 0, 10, 10]), building([20, 20, 30, 30])];
    const { truth: real, detections } = instanceColors(truth, [
      { ...detection([21, 20, 30, 30]), found: 1 },
      { ...detection([0, 0, 10, 9]), found: 0 },
      { ...detection([0, 0, 10, 10]), found: -1 },
    ]);
    expect(detections.slice(0, 2)).toEqual([real[1], real[0]]);
    expect(new Set([...real, detections[2]]).size).toBe(3);
  });

  it('is empty for nothing', () => expect(instanceColors([], [])).toEqual({ truth: [], detections: [] }));
});
