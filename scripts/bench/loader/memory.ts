/** One long pass over the job in FILE: memory.ts FILE EVERY. A line of JSON every so many images. */
import { readFile } from 'node:fs/promises';
import { createLoader } from '../../../src/data/loader.ts';
import type { MemorySample } from '../loader-memory.ts';
import type { Job } from './job.ts';

const [file, every] = process.argv.slice(2) as [string, string];
const job = JSON.parse(await readFile(file, 'utf8')) as Job;
// As in a data set, each image has its own outlines.
const images = job.images.map((image) => structuredClone(image));
const loader = createLoader(job.workers);
let seen = 0;
for await (const batch of loader.training(images, job.shape, {
  augment: job.augment,
  seed: ['bench'],
  startBatch: 0,
})) {
  seen += batch.real;
  if (seen % Number(every) !== 0) continue;
  const sample: MemorySample = { images: seen, resident_mebibytes: process.memoryUsage.rss() / 2 ** 20 };
  console.log(JSON.stringify(sample));
}
await loader.close();
