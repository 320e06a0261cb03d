/** Our side of the suite `loader`, driven line by line by `measureInTurns`: its input is a `Job`. */
import { createInterface } from 'node:readline';
import type { HostBatch } from '../../../src/data/host-batch.ts';
import { createLoader, type Loader } from '../../../src/data/loader.ts';
import type { Job, PassFacts, RoundFacts } from './job.ts';

/** Sums over a pass. */
type Sums = { buildings: number; brightness: number; squares: number; coverage: number; sides: number };

async function inspectPass(loader: Loader, job: Job): Promise<PassFacts> {
  const sums: Sums = { buildings: 0, brightness: 0, squares: 0, coverage: 0, sides: 0 };
  let images = 0;
  for await (const batch of passOf(loader, job, 0)) {
    images += batch.count;
    inspect(batch, sums);
  }
  const { imageSize: H } = job.shape;
  return {
    images,
    buildings: sums.buildings / images,
    brightness: sums.brightness / (images * H * H * 3),
    roughness: Math.sqrt(sums.squares / (images * H * (H - 1) * 3)),
    coverage: sums.coverage / sums.buildings,
    box_side: sums.sides / sums.buildings,
  };
}

function inspect({ images, boxes, masks, valid, imageSize, maskSize }: HostBatch, sums: Sums): void {
  const row = 3 * imageSize;
  for (let i = 0; i < images.length; i++) {
    sums.brightness += images[i]!;
    if (i % row >= 3) sums.squares += (images[i]! - images[i - 3]!) ** 2;
  }
  for (const value of masks) sums.coverage += value / maskSize ** 2;
  for (let slot = 0; slot < valid.length; slot++) {
    const [y1, x1, y2, x2] = boxes.subarray(4 * slot, 4 * slot + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    sums.sides += Math.sqrt((y2 - y1) * (x2 - x1));
    sums.buildings += valid[slot]!;
  }
}

function passOf(loader: Loader, { images, shape, augment }: Job, epoch: number) {
  return loader.training(images, shape, { augment, seed: ['bench', epoch], startBatch: 0 });
}

async function countBuildings(loader: Loader, job: Job, epoch: number): Promise<RoundFacts> {
  const before = process.cpuUsage();
  let buildings = 0;
  for await (const { valid } of passOf(loader, job, epoch)) {
    for (const value of valid) buildings += value;
  }
  const { user, system } = process.cpuUsage(before);
  return { buildings, cpu_seconds: (user + system) / 1e6 };
}

let job: Job | undefined;
let loader: Loader | undefined;
let round = 0;
for await (const line of createInterface({ input: process.stdin })) {
  if (!job || !loader) {
    job = JSON.parse(line) as Job;
    loader = createLoader(job.workers);
    console.log('{}');
    continue;
  }
  // The first round, which does not count, is looked at closely.
  const start = performance.now();
  const output = round === 0 ? await inspectPass(loader, job) : await countBuildings(loader, job, round);
  console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, output }));
  round++;
}
