/**
 * What runs in each worker thread of the loader.
 */
import sharp from 'sharp';
import { type Loaded, type LoadTask, loadImage } from './load-image.ts';

// As many images at a time as there are workers, each in one thread.
sharp.concurrency(1);

let last: Promise<unknown> = Promise.resolve();

/**
 * One image after the other, in the order in which they were asked for: what is begun first is needed first, and where a
 * thread ends it was its one image that did it.
 */
export function loadInTurn(task: LoadTask): Promise<Loaded> {
  const loaded = last.then(() => loadImage(task));
  last = loaded.catch(() => {});
  return loaded;
}
