/**
 * Preloaded into `aerial train` (`NODE_OPTIONS=--import`): one image of the training split, named by PLANTED_IMAGE, has a
 * pixel that is not a number. Sound data cannot have one, whatever its files hold: the fault is put into the loader's code
 * as it is loaded.
 */
import { registerHooks } from 'node:module';

const PLACE = 'control.finish(n);';
const FAULT = `if (request.image.name === process.env.PLANTED_IMAGE && request.seed.includes('train')) {
  imageArrays(memory, shape, n).images[0] = Number.NaN;
}`;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/src/data/load-image.ts')) return loaded;
    const source = String(loaded.source);
    if (!source.includes(PLACE)) throw new Error(`There is no ${PLACE} in ${url}`);
    return { ...loaded, source: source.replace(PLACE, `${FAULT}\n${PLACE}`) };
  },
});
