import { openPrepared } from '../data/open-prepared.ts';
import { type ReproduceOptions, reproduce as runAll } from '../reproduce/reproduce.ts';
import { readWandbMode } from '../system/wandb-access.ts';
import { hashOfCode } from '../train/checkpoint/code-hash.ts';
import { findTrainingEnd } from './find-training-end.ts';
import { formatReproduction } from './reproduce-table.ts';
import { printResult, readParams, type StageContext, type StageOptions } from './stage.ts';

/** The flags of `aerial reproduce`. */
export interface ReproduceFlags extends StageOptions, ReproduceOptions {}

/**
 * `aerial reproduce`: the same training with several seeds, or twice with one; how far apart the results are, on stdout as
 * tables or as one JSON line (`Reproduction`), and in `runs/reproduce/spread.json`. Loads no TensorFlow itself.
 */
export async function reproduce(flags: ReproduceFlags, context: StageContext): Promise<void> {
  const params = await readParams(flags);
  // What each training would refuse, told before the first.
  readWandbMode(process.env);
  const { manifest } = await openPrepared(params.paths.prepared);
  const dataHash = manifest.hash;
  const result = await runAll(params, flags, {
    ...context,
    dataHash,
    codeHash: await hashOfCode(),
    findEnd: (own, sinceMs) => findTrainingEnd(own, dataHash, sinceMs),
  });
  printResult(result, flags, formatReproduction);
}
