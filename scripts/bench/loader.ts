import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PreparedImage } from '../../src/data/prepared.ts';
import { UserError } from '../../src/system/errors.ts';
import { assertAgree } from './agreement.ts';
import { confineTo } from './loader/cores.ts';
import { drawTiles } from './loader/draw-tiles.ts';
import { AUGMENT, type Job, type PassFacts, type RoundFacts, SHAPE } from './loader/job.ts';
import { findPeers, type Peers } from './loader/peers.ts';
import { type Contestant, compare, median, type Result, type Suite, type SuiteOptions } from './suite.ts';
import { type Command, type Measured, measureInTurns } from './turns.ts';

const PROGRAMS = join(import.meta.dirname, 'loader');
const TILES = { full: 32, quick: 8 };
/** Tiles are used again within a pass, so that it is long against its beginning and its end. */
const IMAGES = { full: 320, quick: 64 };
const ROUNDS = { full: 5, quick: 1 };
/** Asked of it: 1.5 times as many images in the same time. */
const LIMIT = 1 / 1.5;
/**
 * Share by which the sides may differ: each draws its own random numbers, and libraries resample, blur and compress each
 * in its way.
 */
const TOLERANCE = { full: 0.1, quick: 0.35 };

/** From JPEG files to batches with the full augmentation: the loader, and PyTorch's with the same work on the same cores. */
export const loaderSuite: Suite = {
  name: 'loader',
  about:
    'images from JPEG files to augmented batches, beside PyTorch’s DataLoader (Python: TORCH_PYTHON, else python3)',
  run: async (options) => {
    const size = options.quick ? 'quick' : 'full';
    const peers = await findPeers(process.env.TORCH_PYTHON || 'python3');
    const folder = await mkdtemp(join(tmpdir(), 'aerial-bench-'));
    try {
      options.report(`drawing ${TILES[size]} tiles`);
      const tiles = await drawTiles(folder, TILES[size]);
      const images = Array.from({ length: IMAGES[size] }, (_, i) => tiles[i % tiles.length]!);
      const races: Race[] = [];
      for (const workers of [1, 2]) {
        const confine = await confineTo(workers);
        if (confine)
          races.push(
            await race({ images, shape: SHAPE, augment: AUGMENT, workers }, { confine, peers, options }),
          );
      }
      if (races.length === 0)
        throw new UserError('Nothing was measured: taskset, which confines to cores, is missing');
      const results = races.flatMap(resultsOf);
      return { results, contestants: races.flatMap(rowsOf), notes: [...peers.notes, describe(tiles, races)] };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** What all contestants made with so many workers on as many cores. */
interface Race {
  job: Job;
  measured: Record<string, Measured>;
}

async function race(
  job: Job,
  {
    confine,
    peers,
    options,
  }: { confine: (command: Command) => Command; peers: Peers; options: SuiteOptions },
): Promise<Race> {
  const { quick, report } = options;
  const commands: Record<string, Command> = { ours: confine([process.execPath, join(PROGRAMS, 'ours.ts')]) };
  for (const kind of peers.kinds) {
    commands[kind] = confine([peers.python, join(PROGRAMS, 'peer.py'), kind]);
  }
  report(`${job.workers} workers on as many cores`);
  const rounds = quick ? ROUNDS.quick : ROUNDS.full;
  const measured = await measureInTurns(commands, job, { rounds, report });
  for (const kind of peers.kinds) assertSameWork(measured.ours!, measured[kind]!, quick);
  return { job, measured };
}

/** @throws UserError where a figure differs by more than chance */
function assertSameWork(ours: Measured, peer: Measured, quick: boolean): void {
  const [ourFacts, peerFacts] = [ours.firstOutput, peer.firstOutput] as [PassFacts, PassFacts];
  const share = quick ? TOLERANCE.quick : TOLERANCE.full;
  for (const key of Object.keys(ourFacts) as (keyof PassFacts)[]) {
    assertAgree({ [key]: ourFacts[key] }, { [key]: peerFacts[key] }, share * ourFacts[key]);
  }
}

/** Milliseconds, because smaller is better here. */
function resultsOf({ job, measured }: Race): Result[] {
  const perImage = ({ seconds }: Measured) => seconds.map((value) => (1000 * value) / job.images.length);
  const name = `${job.workers} ${job.workers === 1 ? 'worker' : 'workers'}`;
  const { ours, ...peers } = measured as Record<string, Measured> & { ours: Measured };
  return Object.entries(peers).map(([against, peer]) => {
    const result = compare({ name, unit: 'ms/image' }, perImage(ours), perImage(peer));
    return { ...result, against, limit: LIMIT };
  });
}

function rowsOf({ job, measured }: Race): Contestant[] {
  const { images, workers } = job;
  return Object.entries(measured).map(([name, { seconds, firstOutput, output }]) => {
    const { images: _, ...facts } = firstOutput as PassFacts;
    const values = seconds.map((value) => images.length / value);
    return {
      name: `${workers}/${name}`,
      unit: 'images/s',
      values,
      facts: {
        images_per_second_and_core: median(values) / workers,
        cpu_ms_per_image: (1000 * (output as RoundFacts).cpu_seconds) / images.length,
        ...facts,
      },
    };
  });
}

function describe(tiles: readonly PreparedImage[], races: readonly Race[]): string {
  const buildings = tiles.reduce((sum, tile) => sum + tile.buildings.length, 0) / tiles.length;
  const kibibytes = tiles.reduce((sum, { bytes }) => sum + bytes.length, 0) / tiles.length / 1024;
  const { images, workers } = races.at(-1)!.job;
  return (
    `${images.length} images a round, JPEG of ${kibibytes.toFixed(0)} KiB with ${buildings.toFixed(1)} buildings; ` +
    `at most ${workers} cores were to be had`
  );
}
