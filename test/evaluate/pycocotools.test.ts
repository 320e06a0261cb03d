import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evaluateDetections } from '../../src/evaluate/evaluate-detections.ts';
import { randomImages, writeCocoSets } from './coco-sets.ts';
import { largestDifference } from './largest-difference.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/golden-coco.py', import.meta.url));
const SETS = 24;

/** A Python with numpy and pycocotools: the one named by COCO_PYTHON, else python3. */
const python = process.env.COCO_PYTHON ?? 'python3';
const hasPycocotools = spawnSync(python, ['-c', 'import numpy, pycocotools.cocoeval']).status === 0;

describe('evaluateDetections, beside pycocotools itself', () => {
  it(`agrees to 1e-6 on ${SETS} random sets`, { timeout: 120_000 }, (context) => {
    if (!hasPycocotools) {
      context.skip(
        `${python} has no pycocotools: pip install numpy pycocotools==2.0.11, or name a Python in COCO_PYTHON`,
      );
    }
    const sets = Array.from({ length: SETS }, (_, i) => ({
      images: randomImages(1000 + i, {
        images: 1 + (i % 9),
        instances: i % 12 === 0 ? 150 : 1 + i,
        size: i % 3 ? 90 : 400,
      }),
      maxDetections: [500, 100, 30][i % 3]!,
    }));
    for (const [i, expected] of pycocotoolsFigures(sets).entries()) {
      const { images, maxDetections } = sets[i]!;
      const metrics = evaluateDetections(images, { maxDetections, scoreThreshold: 0.5 });
      const { difference, path } = largestDifference(metrics, expected);
      expect(difference, `set ${i}: ${path}`).toBeLessThan(1e-6);
    }
  });
});

function pycocotoolsFigures(sets: Parameters<typeof writeCocoSets>[1]): object[] {
  const folder = mkdtempSync(join(tmpdir(), 'aerial-coco-'));
  try {
    const path = join(folder, 'sets.json');
    writeCocoSets(path, sets);
    return JSON.parse(execFileSync(python, [SCRIPT, '--sets', path], { encoding: 'utf8', maxBuffer: 1e8 }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
