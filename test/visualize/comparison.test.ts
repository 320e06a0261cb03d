import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/system/random.ts';
import { comparisonPng } from '../../src/visualize/comparison.ts';
import { building, detection } from './instances.ts';

/** A smooth picture of `side` x `side` pixels. */
function photo(side: number): Uint8Array {
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => 60 + ((i / 3) % side) + (i % 3) * 20);
}

const input = { image: photo(64), height: 64, width: 64, truth: [], detections: [] };
const PANEL = 384;

/** The three panels, [384, 384, 3] each, and the strip above them. */
async function parts(
  png: Buffer,
): Promise<{ panels: Buffer[]; header: Buffer; height: number; width: number }> {
  const { width, height } = await sharp(png).metadata();
  const top = height! - 10 - PANEL;
  const cut = (left: number, y: number, w: number, h: number) =>
    sharp(png).extract({ left, top: y, width: w, height: h }).raw().toBuffer();
  return {
    panels: await Promise.all([0, 1, 2].map((i) => cut(10 + i * (PANEL + 6), top, PANEL, PANEL))),
    header: await cut(0, 0, width!, top),
    height: height!,
    width: width!,
  };
}

describe('comparisonPng', () => {
  it('shows the original three times when there are no buildings', async () => {
    const { panels } = await parts(await comparisonPng(input));
    expect(panels[1]!.equals(panels[0]!)).toBe(true);
    expect(panels[2]!.equals(panels[0]!)).toBe(true);
    expect(panels[0]![0]).toBeCloseTo(60, -1);
  });

  it('paints the truth into the second panel and the detections into the third', async () => {
    const truth = [building([8, 8, 24, 24])];
    const detections = [{ ...detection([40, 40, 60, 60]), found: -1 }];
    const { panels } = await parts(await comparisonPng({ ...input, truth, detections }));
    const differs = (panel: number, y: number, x: number) => {
      const start = 3 * (6 * y * PANEL + 6 * x);
      return !panels[panel]!.subarray(start, start + 3).equals(panels[0]!.subarray(start, start + 3));
    };
    expect([differs(1, 12, 12), differs(1, 45, 45), differs(2, 12, 12), differs(2, 45, 45)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('enlarges small images by a whole factor, to 384 pixels or more, and leaves large ones', async () => {
    for (const [side, panel] of [
      [64, 384],
      [150, 450],
      [400, 400],
    ] as const) {
      const png = await comparisonPng({ ...input, image: photo(side), height: side, width: side });
      const { width } = await sharp(png).metadata();
      expect(width).toBe(3 * panel + 2 * 6 + 2 * 10);
    }
  });

  it.each([20, 64, 130, 200])(
    'enlarges %i pixels without moving them: a mirrored image gives the mirrored panel',
    async (side) => {
      const random = createRandom(`mirror ${side}`);
      const image = Uint8Array.from({ length: side * side * 3 }, () => random.int(256));
      const mirrored = Uint8Array.from({ length: image.length }, (_, i) => image.at(-1 - i)!);
      const panelOf = async (pixels: Uint8Array) => {
        const png = await comparisonPng({ ...input, image: pixels, height: side, width: side });
        const { height } = await sharp(png).metadata();
        const panel = height! - 32 - 10;
        const place = { left: 10, top: 32, width: panel, height: panel };
        return sharp(png).extract(place).raw().toBuffer();
      };
      const [there, back] = [await panelOf(image), (await panelOf(mirrored)).reverse()];
      const largest = there.reduce((most, value, i) => Math.max(most, Math.abs(value - back[i]!)), 0);
      // Half a pixel of noise would be a hundred; libvips rounds its weights.
      expect(largest).toBeLessThanOrEqual(4);
    },
  );

  it('has a header that names counts and threshold, and a title of any length', async () => {
    const plain = await parts(await comparisonPng(input));
    const threshold = await parts(await comparisonPng({ ...input, scoreThreshold: 0.5 }));
    expect(plain.header.reduce((a, b) => Math.max(a, b))).toBeGreaterThan(200);
    expect(threshold.header.equals(plain.header)).toBe(false);
    const titled = await parts(await comparisonPng({ ...input, title: 'tile '.repeat(400) }));
    expect(titled.width).toBe(plain.width);
    expect(titled.height).toBeGreaterThan(plain.height);
  });

  it('is the same picture every time', async () => {
    const busy = {
      ...input,
      truth: [building([8, 8, 24, 24])],
      detections: [{ ...detection([8, 8, 23, 24]), found: 0 }],
    };
    expect((await comparisonPng(busy)).equals(await comparisonPng(busy))).toBe(true);
  });

  it('refuses pixels or masks of another size', async () => {
    await expect(comparisonPng({ ...input, width: 65 })).rejects.toThrow(
      'expected 64x65x3 values, got 12288',
    );
    const truth = [building([8, 8, 24, 24], 32)];
    await expect(comparisonPng({ ...input, truth })).rejects.toThrow(
      'the image has 64x64 pixels, but a mask 32x32',
    );
  });
});
