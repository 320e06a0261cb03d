import { join } from 'node:path';
import type { MatchKind } from '../../src/evaluate/matching/measure-image.ts';
import { assertAgree } from './agreement.ts';
import type { CocoSet } from './evaluate/coco-set.ts';
import { findPeers, type Peers } from './evaluate/peers.ts';
import { randomSet } from './evaluate/random-set.ts';
import { compare, type Result, type Suite, type SuiteOptions } from './suite.ts';
import { type Command, measureInTurns } from './turns.ts';

const SEED = 2014;
const TOLERANCE = 1e-6;
const ROUNDS = 3;
const WORKERS = join(import.meta.dirname, 'evaluate');
/** What issue 7 demands of the time for masks and boxes: a third of one peer's, no more than the other's. */
const LIMITS = { pycocotools: 0.333, 'faster-coco-eval': 1 } as const;
type Peer = keyof typeof LIMITS;

/** From COCO's files as parsed, in memory, to the figures of one kind: reading the masks is part of the work. */
export const evaluateSuite: Suite = {
  name: 'evaluate',
  about: 'mask and box mAP, beside pycocotools and faster-coco-eval (Python: COCO_PYTHON, else python3)',
  run: async (options) => {
    const peers = await findPeers();
    const set = randomSet(
      SEED,
      options.quick ? { images: 40, instances: 10 } : { images: 2000, instances: 50 },
    );
    const [images, buildings, detections] = [set.images, set.annotations, set.results].map(
      (all) => all.length,
    );
    const about = `${images} images, ${buildings} buildings as polygons, ${detections} detections as run lengths`;
    options.report(about);
    const results: Result[] = [];
    for (const kind of ['mask', 'box', 'boundary'] as const) {
      results.push(...(await race(kind, set, peers, options)));
    }
    return {
      results,
      notes: [about, 'ours works in one thread, the peers in as many as they like', ...peers.notes],
    };
  },
};

async function race(
  kind: MatchKind,
  set: CocoSet,
  peers: Peers,
  { report }: SuiteOptions,
): Promise<Result[]> {
  const names = peersOf(kind, peers);
  if (names.length === 0) return [];
  const commands: Record<string, Command> = {
    ours: [process.execPath, join(WORKERS, 'ours.ts'), kind],
  };
  for (const peer of names) commands[peer] = [peers.python, join(WORKERS, 'peer.py'), peer, kind];
  report(kind);
  const measured = await measureInTurns(commands, set, { rounds: ROUNDS, report });
  return names.flatMap((peer) => {
    const [ours, other] = [measured.ours!, measured[peer]!];
    assertAgree(ours.output, other.output, TOLERANCE);
    const time = compare({ name: `${kind}/time`, unit: 's' }, ours.seconds, other.seconds);
    const limit = kind === 'boundary' ? {} : { limit: LIMITS[peer] };
    const results: Result[] = [{ ...time, against: peer, ...limit }];
    if (ours.peakMebibytes !== null && other.peakMebibytes !== null) {
      const memory = { name: `${kind}/peak memory`, unit: 'MiB' };
      results.push({ ...compare(memory, [ours.peakMebibytes], [other.peakMebibytes]), against: peer });
    }
    return results;
  });
}

/** pycocotools knows no boundaries. */
function peersOf(kind: MatchKind, { hasFasterCocoEval }: Peers): Peer[] {
  const known: Peer[] = kind === 'boundary' ? [] : ['pycocotools'];
  return hasFasterCocoEval ? [...known, 'faster-coco-eval'] : known;
}
