import { join } from 'node:path';
import sharp from 'sharp';
import type { PreparedImage } from '../../src/data/prepared.ts';
import { clipPolygon, polygonArea, polygonsBox } from '../../src/masks/polygon.ts';
import type { Random } from '../../src/system/random.ts';
import { storedFile } from './stored-file.ts';

/** White buildings on black, and nothing else: each pixel says whether it belongs to a building. */
export interface Town {
  /** JPEG where the name says so, else PNG. */
  name: string;
  width: number;
  height: number;
  /** Rings, flat [x0, y0, x1, y1, ...]; cut at the borders of the image. */
  rings: number[][];
}

/** Draws a town and gives it as an image of a prepared data set. */
export async function drawTown(folder: string, { name, width, height, rings }: Town): Promise<PreparedImage> {
  const inside = rings.flatMap((ring) => clipPolygon(ring, width, height));
  const shapes = inside.map((ring) => `<polygon points="${ring.join(' ')}" fill="#fff"/>`).join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes}</svg>`;
  const path = join(folder, name);
  await sharp({ create: { width, height, channels: 3, background: '#000' } })
    .composite([{ input: Buffer.from(svg) }])
    .jpeg({ quality: 95, force: name.endsWith('.jpg') })
    .png({ force: name.endsWith('.png') })
    .toFile(path);
  const buildings = inside.map((ring, id) => ({
    id,
    polygons: [ring],
    box: polygonsBox([ring]),
    area: polygonArea(ring),
  }));
  return { id: 1, name, bytes: await storedFile(path), width, height, origin: 'test', buildings, crowds: [] };
}

/**
 * Houses of four and six corners, turned at random, in a grid of blocks; those of the outer blocks reach over the border.
 * @param block pixels: a house takes 0.3–0.7 of it each way
 */
export function randomTown(width: number, height: number, block: number, random: Random): number[][] {
  const rings: number[][] = [];
  for (let y = 0; y <= height; y += block) {
    for (let x = 0; x <= width; x += block) {
      if (random.next() < 0.25) continue;
      const [w, h] = [block * random.uniform(0.3, 0.7), block * random.uniform(0.3, 0.7)];
      const square = [0, 0, w, 0, w, h, 0, h];
      const angle = [0, 0, w, 0, w, h / 2, w / 2, h / 2, w / 2, h, 0, h];
      rings.push(turned(random.next() < 0.5 ? square : angle, random.uniform(0, 1.5), [x, y]));
    }
  }
  return rings;
}

function turned(ring: readonly number[], radians: number, [left, top]: readonly [number, number]): number[] {
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  return ring.map((at, i) =>
    i % 2 === 0 ? left + cos * at - sin * ring[i + 1]! : top + sin * ring[i - 1]! + cos * at,
  );
}
