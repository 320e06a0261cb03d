/**
 * A sheet of procedural scenes to look at: node scripts/scenes-sheet.ts OUT.png [--outlines] [--count 12] [--size 128] [--zoom 3] [--split train] [--seed 17]
 */
import { parseArgs } from 'node:util';
import sharp, { type OverlayOptions } from 'sharp';
import { drawScene } from '../src/data/synthetic/scene.ts';
import { ring, svgDocument } from '../src/data/synthetic/svg.ts';
import { createRandom } from '../src/system/random.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    outlines: { type: 'boolean', default: false },
    count: { type: 'string', default: '12' },
    size: { type: 'string', default: '128' },
    zoom: { type: 'string', default: '3' },
    split: { type: 'string', default: 'train' },
    seed: { type: 'string', default: '17' },
  },
});
const path = positionals[0];
if (!path) throw new Error('Name the PNG to write: node scripts/scenes-sheet.ts OUT.png');
const [count, size, zoom] = [Number(values.count), Number(values.size), Number(values.zoom)];
const columns = Math.min(count, 4);
const pitch = size * zoom + 4;

const tiles: OverlayOptions[] = [];
for (let i = 0; i < count; i++) {
  const scene = await drawScene({ size, random: createRandom(Number(values.seed), values.split, i) });
  const enlarged = sharp(scene.png).resize(size * zoom, size * zoom, { kernel: 'nearest' });
  const rings = scene.buildings.flatMap(({ polygons }) =>
    polygons.map((polygon) => ring(pairs(polygon, zoom))),
  );
  const overlay = svgDocument(size * zoom, [
    `<path d="${rings.join('')}" fill="none" stroke="#ff0" stroke-width="1"/>`,
  ]);
  const input = await (values.outlines ? enlarged.composite([{ input: Buffer.from(overlay) }]) : enlarged)
    .png()
    .toBuffer();
  tiles.push({ input, left: (i % columns) * pitch, top: Math.floor(i / columns) * pitch });
}
await sharp({
  create: {
    width: columns * pitch,
    height: Math.ceil(count / columns) * pitch,
    channels: 3,
    background: '#fff',
  },
})
  .composite(tiles)
  .png()
  .toFile(path);

function pairs(polygon: readonly number[], scale: number): [number, number][] {
  return Array.from({ length: polygon.length / 2 }, (_, i) => [
    polygon[2 * i]! * scale,
    polygon[2 * i + 1]! * scale,
  ]);
}
