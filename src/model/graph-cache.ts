/**
 * What the graphs of the model's functions follow from: the key under which they are kept from one start to the next.
 */
import { join } from 'node:path';
import type { GraphCache } from '../graph/cache.ts';
import type { Params } from '../params/schema.ts';

/** Keys of `train` that no graph follows from: what is named here may change without recording again; what is forgotten costs time only. */
const NOT_IN_GRAPHS = new Set([
  ...['epochs', 'max_minutes', 'learning_rate', 'min_learning_rate', 'warmup_steps', 'transfer'],
  ...['patience', 'schedule', 'step_decay', 'checkpoint', 'non_finite', 'spike_factor', 'memory'],
  ...['augment', 'deterministic', 'compile', 'xla'],
]);

/**
 * Graphs lie in `runs/graph-cache`; any change of the program's own code makes others.
 * @param more what else they follow from, as JSON
 */
export function graphCache({ paths, model, loss, train, data }: Params, more: unknown = null): GraphCache {
  const shaping = Object.entries(train).filter(([key]) => !NOT_IN_GRAPHS.has(key));
  return {
    folder: join(paths.runs, 'graph-cache'),
    key: { model, loss, train: Object.fromEntries(shaping), imageSize: data.image_size, more },
    sources: [join(import.meta.dirname, '..')],
  };
}
