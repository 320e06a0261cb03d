import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Params } from '../../params/schema.ts';
import type { Log } from '../../system/log.ts';
import { createRandom } from '../../system/random.ts';
import { concurrentMap } from '../concurrent-map.ts';
import type { Split } from '../prepared.ts';
import { drawScene } from '../synthetic/scene.ts';
import { cleanOutline, type Outline } from './building-outline.ts';
import { countDropped, type Dropped } from './dropped.ts';
import type { SourceImage, SourceSplit } from './read-folder.ts';

/**
 * Draws the embedded scenes of all splits into `workFolder` as PNG files.
 * A scene follows from the seed, its split and its number in it, so that no two splits can hold the same scene.
 * Their outlines go through the same cleaning as everybody else's.
 */
export async function drawSyntheticSplits(
  params: Params,
  workFolder: string,
  log: Log,
): Promise<Record<Split, SourceSplit>> {
  const { size, train, valid, test } = params.data.synthetic;
  log.info(`Drawing ${train + valid + test} scenes of ${size} x ${size} pixels`);
  return {
    train: await drawSplit(params, 'train', workFolder),
    valid: await drawSplit(params, 'valid', workFolder),
    test: await drawSplit(params, 'test', workFolder),
  };
}

async function drawSplit(params: Params, split: Split, workFolder: string): Promise<SourceSplit> {
  const folder = join(workFolder, split);
  await mkdir(folder, { recursive: true });
  const dropped: Dropped = {};
  const indices = Array.from({ length: params.data.synthetic[split] }, (_, index) => index);
  const images = await concurrentMap(indices, availableParallelism(), (index) =>
    drawImage(params, { split, index }, folder, dropped),
  );
  return { images, dropped };
}

/** Digits of a scene's number in its file name, so that names sort as numbers. */
const NUMBER_DIGITS = 5;

async function drawImage(
  params: Params,
  { split, index }: { split: Split; index: number },
  folder: string,
  dropped: Dropped,
): Promise<SourceImage> {
  const size = params.data.synthetic.size;
  const scene = await drawScene({ size, random: createRandom(params.seed, 'scene', split, index) });
  const name = `scene-${String(index).padStart(NUMBER_DIGITS, '0')}.png`;
  const file = join(folder, name);
  await writeFile(file, scene.png);
  const buildings: Outline[] = [];
  for (const { polygons } of scene.buildings) {
    const outline = cleanOutline(polygons, { width: size, height: size }, params.data.min_area);
    if (typeof outline === 'string') countDropped(dropped, outline);
    else buildings.push(outline);
  }
  return { file, name, width: size, height: size, origin: 'synthetic', temporary: true, buildings };
}
