import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { drawTiles } from './loader/draw-tiles.ts';
import { AUGMENT, type Job, SHAPE } from './loader/job.ts';
import { compare, median, type Suite } from './suite.ts';

/** A line of `loader/memory.ts`. */
export type MemorySample = {
  images: number;
  resident_mebibytes: number;
};

const TILES = 8;
const IMAGES = { full: 10_000, quick: 800 };
/** A multiple of the batch's size. */
const EVERY = { full: 200, quick: 80 };
/** Share of the pass after which the heaps of all threads have found their size. */
const SETTLED_AFTER = 0.25;
/** What issue 6 demands is no growth; below this it drowns in what garbage collectors take and give back. */
const LIMIT_MEBIBYTES = 16;

/** Whether loading leaves anything behind, in whatever thread. */
export const loaderMemorySuite: Suite = {
  name: 'loader-memory',
  about: 'memory over a pass of 10,000 images',
  run: async ({ quick, report }) => {
    const size = quick ? 'quick' : 'full';
    const folder = await mkdtemp(join(tmpdir(), 'aerial-bench-'));
    const samples: MemorySample[] = [];
    try {
      const tiles = await drawTiles(folder, TILES);
      const images = Array.from({ length: IMAGES[size] }, (_, i) => tiles[i % TILES]!);
      const job: Job = { images, shape: SHAPE, augment: AUGMENT, workers: 2 };
      const file = join(folder, 'job.json');
      await writeFile(file, JSON.stringify(job));
      const program = join(import.meta.dirname, 'loader/memory.ts');
      const worker = execa(process.execPath, [program, file, `${EVERY[size]}`], { stderr: 'inherit' });
      for await (const line of worker) {
        const sample = JSON.parse(line) as MemorySample;
        samples.push(sample);
        report(`${sample.images} images: ${sample.resident_mebibytes.toFixed(0)} MiB`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const settled = samples.slice(Math.ceil(samples.length * SETTLED_AFTER));
    const resident = settled.map(({ resident_mebibytes: mebibytes }) => mebibytes);
    const half = Math.floor(resident.length / 2);
    const growth = median(resident.slice(-half)) - median(resident.slice(0, half));
    const figure = (name: string, value: number) => compare({ name, unit: 'MiB' }, [value], null);
    return {
      results: [
        {
          ...figure('growth of resident memory, second half against first', growth),
          limit: LIMIT_MEBIBYTES,
        },
        figure('resident memory, most', Math.max(...resident)),
      ],
      curve: samples,
      notes: [`${IMAGES[size]} images, 2 workers; the first ${100 * SETTLED_AFTER} % do not count`],
    };
  },
};
