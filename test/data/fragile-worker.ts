/** The loader's worker, which comes to its end in the way that an image's name says. */
import { batchControl } from '../../src/data/batch-memory.ts';
import type { Loaded, LoadTask } from '../../src/data/load-image.ts';
import { loadInTurn as load } from '../../src/data/load-worker.ts';

const ENDS: Readonly<Record<string, () => unknown>> = {
  'throws.png': () => {
    throw new TypeError('planted');
  },
  'exits.png': () => process.exit(3),
  'rejects.png': () => void Promise.reject(new Error('nobody listens')),
  'hoards.png': () => {
    // Piece by piece: a loop that lets nobody else in can end the whole process before Node notices.
    let hoard = {};
    const grow = () => {
      for (let i = 0; i < 100; i++) hoard = { hoard, numbers: [1, 2, 3] };
      setImmediate(grow);
    };
    grow();
  },
};

/** With this image all is well, but then the thread ends while it has nothing to do. */
const AFTERWARDS = 'afterwards.png';

let last: Promise<unknown> = Promise.resolve();

export function loadInTurn(task: LoadTask): Promise<Loaded> {
  const loaded = last.then(async () => {
    const end = ENDS[task.request.image.name];
    if (end) {
      batchControl(task.memory, task.shape).begin(task.n);
      end();
      await new Promise(() => {});
    }
    const result = await load(task);
    if (task.request.image.name === AFTERWARDS) setImmediate(() => Promise.reject(new Error('too late')));
    return result;
  });
  last = loaded.catch(() => {});
  return loaded;
}
