import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { compareSet } from '../../scripts/bench/evaluate/compare-set.ts';
import { mixedSet } from '../../scripts/bench/evaluate/random-set.ts';
import { serveReferences } from '../../scripts/bench/evaluate/references.ts';

const SETS = 16;
/** Buildings an image in the densest sets: pycocotools takes the square of it. */
const LIMIT = 60;

/** A Python with numpy and pycocotools: the one named by COCO_PYTHON, else python3. */
const python = process.env.COCO_PYTHON ?? 'python3';
const hasPycocotools = spawnSync(python, ['-c', 'import numpy, pycocotools.cocoeval']).status === 0;

describe('the figures, beside pycocotools itself', () => {
  it(`agree to 1e-6 on ${SETS} random sets`, { timeout: 120_000 }, async (context) => {
    if (!hasPycocotools) {
      context.skip(
        `${python} has no pycocotools: pip install numpy pycocotools==2.0.11, or name a Python in COCO_PYTHON`,
      );
    }
    const references = serveReferences(python);
    try {
      for (let seed = 1000; seed < 1000 + SETS; seed++) {
        const set = mixedSet(seed, { limit: LIMIT, categories: seed % 2 === 0 ? 1 : 4 });
        const differences = await compareSet(set, await references.ask(set));
        // Twelve figures and two arrays of masks and of boxes at least, and four of unions.
        expect(differences.size).toBeGreaterThanOrEqual(2 * 14 + 4);
        for (const [name, difference] of differences) {
          expect(difference, `set ${seed}: ${name}`).toBeLessThan(1e-6);
        }
      }
    } finally {
      await references.stop();
    }
  });
});
