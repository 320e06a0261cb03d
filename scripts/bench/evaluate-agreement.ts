import { compareSet } from './evaluate/compare-set.ts';
import { findPeers } from './evaluate/peers.ts';
import { mixedSet } from './evaluate/random-set.ts';
import { serveReferences } from './evaluate/references.ts';
import { compare, type Result, type Suite } from './suite.ts';

/** How many sets, and how many buildings an image has in the densest of them. */
const SETS = { full: { count: 200, limit: 600 }, quick: { count: 10, limit: 60 } };
/** Every second set has one category, as buildings do; the others up to so many. */
const CATEGORIES = 4;
const TOLERANCE = 1e-6;

/**
 * Whether our figures are the reference's, on random sets with everything that may occur: the largest difference of each
 * of the twelve figures, and of the arrays that they are made of. Exit code 1 where one is above the tolerance.
 */
export const evaluateAgreementSuite: Suite = {
  name: 'evaluate-agreement',
  about: 'every figure on 200 random sets, held against pycocotools and faster-coco-eval',
  run: async ({ quick, report }) => {
    const { python, notes } = await findPeers();
    const { count, limit } = quick ? SETS.quick : SETS.full;
    const worst = new Map<string, number>();
    const counted = { images: 0, buildings: 0, detections: 0 };
    const references = serveReferences(python);
    try {
      for (let seed = 0; seed < count; seed++) {
        const set = mixedSet(seed, { limit, categories: seed % 2 === 0 ? 1 : CATEGORIES });
        counted.images += set.images.length;
        counted.buildings += set.annotations.length;
        counted.detections += set.results.length;
        for (const [name, difference] of await compareSet(set, await references.ask(set))) {
          worst.set(name, Math.max(worst.get(name) ?? 0, difference));
          if (difference <= TOLERANCE) continue;
          report(`set ${seed}: ${name} differs by ${difference}`);
          process.exitCode = 1;
        }
        if ((seed + 1) % 10 === 0) report(`${seed + 1} of ${count} sets`);
      }
    } finally {
      await references.stop();
    }
    const { images, buildings, detections } = counted;
    const sets = `${count} sets: ${images} images, ${buildings} buildings, ${detections} detections`;
    return { results: [...worst].map(resultOf), notes: [sets, ...notes] };
  },
};

function resultOf([name, difference]: [string, number]): Result {
  const figure = { name: `${name}/largest difference`, unit: '' };
  return { ...compare(figure, [difference], null), limit: TOLERANCE };
}
