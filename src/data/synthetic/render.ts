/** Puts a scene together from the ground up: ground, open land, shadows, roofs, trees; then the camera. */

import sharp from 'sharp';
import type { Random } from '../../system/random.ts';
import type { Footprint } from './footprint.ts';
import { paintGround } from './ground.ts';
import { drawPatch } from './open-land.ts';
import type { Patch } from './plot.ts';
import { isInView, type Quad } from './quad.ts';
import { drawRoof } from './roof.ts';
import { expose } from './sensor.ts';
import { drawGroundShadows, drawShadowsOnRoof } from './shadows.ts';
import type { Style } from './style.ts';
import { svgDocument } from './svg.ts';
import type { Street } from './town.ts';
import { drawStreet } from './traffic.ts';
import { drawTree, type Tree } from './trees.ts';

/** Everything that stands in a scene, before it is drawn. */
export interface SceneContent {
  style: Style;
  streets: Street[];
  patches: Patch[];
  footprints: Footprint[];
  trees: Tree[];
}

/** @returns the picture as an RGB PNG of `style.size` pixels each way */
export async function renderScene(content: SceneContent, random: Random): Promise<Buffer> {
  const { style } = content;
  const ground = paintGround(style, random);
  const raw = { width: style.size, height: style.size, channels: 3 as const };
  const seen = ({ ground }: { ground: Quad }) => isInView(ground, style.size);
  const svg = svgDocument(style.size, [
    ...content.streets.filter(seen).map((street) => drawStreet(street, style, random)),
    ...content.patches.filter(seen).map((patch) => drawPatch(patch, style, random)),
    drawGroundShadows(content.footprints, content.trees, style),
    drawRoofs(content, random),
    ...content.trees.map((tree) => drawTree(tree, style, random)),
  ]);
  const drawn = await sharp(ground, { raw })
    .composite([{ input: Buffer.from(svg) }])
    .removeAlpha()
    .raw()
    .toBuffer();
  const pixels = expose(drawn, style.size, random);
  return sharp(pixels, { raw }).png({ compressionLevel: 6 }).toBuffer();
}

/** The layer of the roofs alone; it is opaque inside the outlines and empty outside. */
export function drawRoofs({ footprints, style }: SceneContent, random: Random): string {
  return footprints
    .filter(({ outline }) => isInView(outline, style.size))
    .map(
      (footprint, i) =>
        drawRoof(footprint, { style, random, id: `r${i}` }) +
        drawShadowsOnRoof(footprint, footprints, style, `s${i}`),
    )
    .join('');
}
