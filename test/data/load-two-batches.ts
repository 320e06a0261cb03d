/**
 * `load-two-batches.ts DIST FOLDER [wait]`: loads with the loader of a build (or of the sources, where DIST is src), two
 * batches of the images FOLDER/*.png, and does not close it; with `wait` it then works until it is stopped.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Loader } from '../../src/data/loader.ts';
import type { PreparedImage } from '../../src/data/prepared.ts';

const [root, folder, wait] = process.argv.slice(2) as [string, string, string | undefined];
const { createLoader } = (await import(pathToFileURL(root).href)) as {
  createLoader(workers: number): Loader;
};
const images: PreparedImage[] = readdirSync(folder).map((name, id) => {
  const shard = join(folder, name);
  const bytes = { shard, offset: 0, length: statSync(shard).size };
  return { ...{ id, name, bytes, width: 64, height: 64, origin: 'test' }, buildings: [], crowds: [] };
});
const shape = { batchSize: 2, imageSize: 64, maxInstances: 4, maskSize: 14, touchingDistance: null };
const loader = createLoader(2);
const sums: number[] = [];
do {
  for await (const batch of loader.ordered(images, shape)) {
    sums.push(batch.images.reduce((sum, value) => sum + value, 0));
    if (wait) await setTimeout(1);
  }
  if (sums.length === 2) console.log(sums.map(Math.round).join(' '));
} while (wait);
