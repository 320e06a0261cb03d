import { join } from 'node:path';
import { execa } from 'execa';
import { UserError } from '../../src/system/errors.ts';
import { assertAgree } from './agreement.ts';
import { randomSet } from './evaluate/random-set.ts';
import { compare, type Suite } from './suite.ts';
import { measureInTurns } from './turns.ts';

const SEED = 2014;
const TOLERANCE = 1e-6;
const PROBE = 'import numpy, pycocotools.cocoeval, importlib.metadata as m; print(m.version("pycocotools"))';

/**
 * From COCO's dictionaries in memory to the figures of masks and boxes. Ours also measures the IoU and Dice of whole
 * images, which pycocotools has not.
 */
export const evaluateSuite: Suite = {
  name: 'evaluate',
  about: 'mask and box mAP, beside pycocotools (Python: COCO_PYTHON, else python3)',
  run: async ({ quick, report }) => {
    const python = process.env.COCO_PYTHON || 'python3';
    const version = await readPeerVersion(python);
    const set = randomSet(SEED, quick ? { images: 40, instances: 10 } : { images: 500, instances: 30 });
    const counts = [set.images.length, set.annotations.length, set.results.length];
    report(`pycocotools ${version}; images, buildings, detections: ${counts.join(', ')}`);
    const workers = join(import.meta.dirname, 'evaluate');
    const { ours, peer } = await measureInTurns(
      { ours: [process.execPath, join(workers, 'ours.ts')], peer: [python, join(workers, 'peer.py')] },
      set,
      { rounds: quick ? 3 : 5, report },
    );
    assertAgree(ours.output, peer.output, TOLERANCE);
    const time = compare({ name: 'evaluation time', unit: 's' }, ours.seconds, peer.seconds);
    if (ours.peakMebibytes === null || peer.peakMebibytes === null) return { results: [time] };
    const memory = { name: 'peak memory', unit: 'MiB' };
    return { results: [time, compare(memory, [ours.peakMebibytes], [peer.peakMebibytes])] };
  },
};

async function readPeerVersion(python: string): Promise<string> {
  const { exitCode, stdout } = await execa(python, ['-c', PROBE], { reject: false });
  if (exitCode === 0) return stdout;
  throw new UserError(
    `${python} has no pycocotools, the peer of this suite: ${python} -m pip install numpy pycocotools==2.0.11, or name a Python that has it in COCO_PYTHON`,
  );
}
