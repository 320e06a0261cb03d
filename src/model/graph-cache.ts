/**
 * What the graphs of the model's functions follow from: the key under which they are kept from one start to the next.
 */
import { join } from 'node:path';
import type { GraphCache } from '../graph/cache.ts';
import type { Params } from '../params/schema.ts';

/** Keys that no graph follows from: what is named here may change without recording again; what is forgotten costs time only. */
const NOT_IN_GRAPHS = {
  train: [
    ...['epochs', 'max_minutes', 'learning_rate', 'min_learning_rate', 'warmup_steps'],
    ...['augment', 'deterministic', 'compile', 'xla'],
  ],
} as const;

/** Graphs lie in `runs/graph-cache`; any change of the program's own code makes others. */
export function graphCache({ paths, model, loss, train, data }: Params): GraphCache {
  const skipped: readonly string[] = NOT_IN_GRAPHS.train;
  const shaping = Object.entries(train).filter(([key]) => !skipped.includes(key));
  return {
    folder: join(paths.runs, 'graph-cache'),
    key: { model, loss, train: Object.fromEntries(shaping), imageSize: data.image_size },
    sources: [join(import.meta.dirname, '..')],
  };
}
