import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawRoofs } from '../../../src/data/synthetic/render.ts';
import { planScene } from '../../../src/data/synthetic/scene.ts';
import { svgDocument } from '../../../src/data/synthetic/svg.ts';
import { rasterizeCoverage } from '../../../src/masks/rasterize.ts';
import { createRandom } from '../../../src/system/random.ts';

const SIZE = 128;

describe('drawRoofs', () => {
  it('paints every pixel inside the outlines and none outside', async () => {
    let [inside, open, edge, deviation] = [0, 0, 0, 0];
    for (let scene = 0; scene < 20; scene++) {
      const random = createRandom('roofs', scene);
      const { content, buildings } = planScene(SIZE, random);
      const svg = Buffer.from(svgDocument(SIZE, [drawRoofs(content, random)]));
      const painted = await sharp(svg).ensureAlpha().extractChannel('alpha').raw().toBuffer();
      const coverages = buildings.map(({ polygons }) =>
        rasterizeCoverage(polygons, [0, 0, SIZE, SIZE], SIZE),
      );
      for (const [i, alpha] of painted.entries()) {
        const shares = coverages.map((coverage) => coverage[i]!);
        const sum = shares.reduce((a, b) => a + b, 0);
        if (sum < 1e-3) {
          // Nothing of a roof may reach beyond its outline.
          expect(alpha).toBeLessThanOrEqual(2);
        } else if (Math.max(...shares) > 0.999) {
          inside++;
          if (alpha < 240) open++;
        } else if (sum < 0.999) {
          edge++;
          deviation += Math.abs(alpha / 255 - sum);
        }
      }
    }
    expect(inside).toBeGreaterThan(50_000);
    // Where the planes of a roof meet right at its edge, the ground may shine through a little.
    expect(open / inside).toBeLessThan(0.01);
    expect(edge).toBeGreaterThan(5_000);
    expect(deviation / edge).toBeLessThan(0.08);
  });
});
