import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Building, PreparedImage } from '../../../src/data/prepared.ts';
import { drawScene } from '../../../src/data/synthetic/scene.ts';
import { polygonArea, polygonsBox } from '../../../src/masks/polygon.ts';
import { createRandom, type Random } from '../../../src/system/random.ts';

/** Pixels: as the tiles of the hub's data set. */
const SIDE = 500;
/** A scene of so many pixels has about twenty buildings. */
const SCENE_SIDE = 128;
const QUALITY = 90;
/** Grain in bytes: an enlarged picture without any would be easier to decode than a photograph. */
const GRAIN = 5;

/** Draws tiles of 500 x 500 pixels with about twenty buildings each as JPEG files; the same ones always. */
export async function drawTiles(folder: string, count: number): Promise<PreparedImage[]> {
  const tiles: PreparedImage[] = [];
  for (let id = 1; id <= count; id++) tiles.push(await drawTile(folder, id));
  return tiles;
}

async function drawTile(folder: string, id: number): Promise<PreparedImage> {
  const random = createRandom('bench-loader', id);
  const scene = await drawScene({ size: SCENE_SIDE, random });
  const raw = await sharp(scene.png).removeAlpha().resize(SIDE, SIDE, { kernel: 'cubic' }).raw().toBuffer();
  const name = `${id}.jpg`;
  const shard = join(folder, name);
  await writeFile(shard, await encode(addGrain(raw, random)));
  const buildings = scene.buildings.map(({ polygons }, i): Building => {
    const enlarged = polygons.map((ring) => ring.map((at) => (at * SIDE) / SCENE_SIDE));
    const area = enlarged.reduce((sum, ring) => sum + polygonArea(ring), 0);
    return { id: i + 1, polygons: enlarged, box: polygonsBox(enlarged), area };
  });
  const bytes = { shard, offset: 0, length: (await stat(shard)).size };
  return { ...{ id, name, bytes, width: SIDE, height: SIDE }, origin: 'bench', buildings, crowds: [] };
}

function addGrain(pixels: Uint8Array, random: Random): Uint8ClampedArray {
  return Uint8ClampedArray.from(pixels, (value) => value + GRAIN * random.normal());
}

function encode(pixels: Uint8ClampedArray): Promise<Buffer> {
  const raw = { width: SIDE, height: SIDE, channels: 3 as const };
  return sharp(pixels, { raw }).jpeg({ quality: QUALITY }).toBuffer();
}
