import { join } from 'node:path';
import { execa } from 'execa';
import type { CocoSet } from './coco-set.ts';
import type { Reference } from './compare-set.ts';

const SCRIPT = join(import.meta.dirname, '../../golden-coco.py');

/** Starts a Python that answers with the reference's figures of a set; it ends by `stop`. */
export function serveReferences(python: string) {
  const child = execa(python, [SCRIPT, '--serve'], { stdin: 'pipe', stderr: 'inherit', buffer: false });
  const lines = child.iterable()[Symbol.asyncIterator]();
  // A failure shows where the next answer is awaited.
  child.catch(() => {});
  return {
    ask: async (set: CocoSet): Promise<Reference> => {
      child.stdin.write(`${JSON.stringify(set)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${python} ${SCRIPT} ended without an answer`);
      return JSON.parse(value);
    },
    stop: async () => {
      child.kill();
      await child.catch(() => {});
    },
  };
}
