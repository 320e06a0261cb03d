/**
 * The best model as the next stage finds it: its weights, params and figures in `runs/train`.
 */
import { join } from 'node:path';
import { saveWeights } from '../../model/checkpoint.ts';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../model/safetensors.ts';
import { hashParams, saveParams } from '../../params/saved-params.ts';
import { copyFileAtomic, sha256File, writeFileAtomic } from '../../system/files.ts';
import { bestModelPath, bestPath } from '../checkpoint/checkpoint-folder.ts';
import type { BestModel } from '../checkpoint/run-state.ts';
import { writeHistory } from '../history.ts';
import type { TrainingRun } from '../open-run.ts';
import type { RunningPhase } from '../save-checkpoint.ts';
import { finiteOrNull } from './best.ts';
import type { Validation } from './validate.ts';

/**
 * Keeps the model as it is now: beside the checkpoints, and as the run's result.
 * @returns what the run's state is to say of it, once all that belongs to it is written
 */
export async function saveBest(
  { run, engine, update }: RunningPhase,
  { loss, metrics, chosen }: Validation,
): Promise<BestModel> {
  const { state, store } = run;
  const { epoch, steps: step, pretrained } = state;
  const metadata = {
    epoch: `${epoch}`,
    step: `${step}`,
    params: hashParams(run.params),
    data: run.dataHash,
    ...(chosen && { score_threshold: `${chosen.score}` }),
    ...(pretrained && { pretrained: pretrained.source, pretrained_sha256: pretrained.sha256 }),
  };
  engine.fetchAverages();
  const sha256 = await store.saveBest(state, (path) =>
    saveWeights(path, { variables: update.averages }, metadata),
  );
  const scoreThreshold = chosen?.score ?? null;
  const best: BestModel = { epoch, step, loss: finiteOrNull(loss), metrics, scoreThreshold, sha256 };
  await writeResults(run, best);
  return best;
}

/** What DVC has removed before the stage began, or a later part of a run that was killed has left there. */
export async function restoreResults(run: TrainingRun): Promise<void> {
  const { state, store } = run;
  if (state.best) state.best = await findBest(run, bestPath(store.folder, state.best.step), state.best);
  if (state.best) await writeResults(run, state.best);
  if (state.history.length > 0) await writeHistory(run.folder, state.history);
}

/** @returns null where the file is gone or changed, so that the next validation brings the best model */
async function findBest(
  { params, log }: TrainingRun,
  path: string,
  best: BestModel,
): Promise<BestModel | null> {
  if ((await hashOf(path)) !== best.sha256) {
    const result = bestModelPath(params);
    if ((await hashOf(result)) !== best.sha256) {
      log.warn(
        `${path} is missing or changed: the best model so far (epoch ${best.epoch}) is lost, the next one takes its place`,
      );
      return null;
    }
    await copyFileAtomic(result, path);
  }
  return best;
}

async function writeResults({ folder, params, store }: TrainingRun, best: BestModel): Promise<void> {
  const { epoch, step, loss, metrics } = best;
  // Params first: inference recognises a model that was not yet written, by the hash in its metadata.
  await saveParams(join(folder, 'params.yaml'), params);
  await copyModel(bestPath(store.folder, step), bestModelPath(params), hashParams(params));
  const figures = { epoch, step, loss, ...metrics };
  await writeFileAtomic(join(folder, 'metrics.json'), `${JSON.stringify(figures, null, 2)}\n`);
}

/** Params that decide no number may have changed since: the copy goes by those that lie beside it. */
async function copyModel(from: string, to: string, params: string): Promise<void> {
  const file = await openSafetensors(from);
  await file.close();
  if (file.metadata.params === params) return copyFileAtomic(from, to);
  const { tensors, metadata } = await readSafetensors(from);
  await writeSafetensors(to, { tensors, metadata: { ...metadata, params } });
}

/** null where the file cannot be read. */
async function hashOf(path: string): Promise<string | null> {
  return sha256File(path).catch(() => null);
}
