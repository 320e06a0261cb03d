/**
 * One phase of a run, or the rest of one: its own optimizer and its own graphs, for it has its own learning weights.
 */
import { batchShape } from '../data/host-batch.ts';
import { UserError } from '../system/errors.ts';
import { isOutOfMemory } from '../system/out-of-memory.ts';
import { restoreTensors } from './checkpoint/restore-tensors.ts';
import { createEngine } from './engine/engine.ts';
import { createUpdate } from './engine/update.ts';
import { goOnWithLess } from './memory/go-on-with-less.ts';
import { computedParams, type TrainingRun } from './open-run.ts';
import { isPhaseOver, sayPhaseEnd } from './phases/phase-end.ts';
import type { Phase } from './phases/phases.ts';
import { describeGraphs, describePhase } from './report.ts';
import { type RunningPhase, saveCheckpoint } from './save-checkpoint.ts';
import { trainPass } from './train-pass.ts';
import { recordValidation } from './validation/record-validation.ts';
import { validate } from './validation/validate.ts';

/**
 * Trains for what is left of the phase's epochs or time, validates after each pass and keeps the best model. Leaves the
 * weights as they are at its end in the model.
 * @returns false when the run was stopped
 */
export async function runPhase(run: TrainingRun, phase: Phase): Promise<boolean> {
  for (;;) {
    try {
      return await runWithEngine(run, phase);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      await goOnWithLess(run, error);
    }
  }
}

async function runWithEngine(run: TrainingRun, phase: Phase): Promise<boolean> {
  const params = computedParams(run);
  const weights = run.model.weights.variables;
  const update = createUpdate(weights, params.train, phase.multiples(weights.keys()));
  try {
    if (phase.name !== 'train') run.progress.line(describePhase(phase, update.learning));
    const engine = await createEngine(run.model, update, batchShape(params), params);
    try {
      if (engine.origin) run.progress.line(describeGraphs(engine.origin, params));
      if (run.tensors) restoreTensors(engine, run.tensors, run.store.newest()!.path);
      run.tensors = null;
      const completed = await runAndKeep({ phase, run, update, engine, sound: true });
      if (completed) engine.fetchWeights();
      return completed;
    } finally {
      engine.dispose();
    }
  } finally {
    update.dispose();
  }
}

/** Whatever ends it early: what was learned so far is kept. */
async function runAndKeep(running: RunningPhase): Promise<boolean> {
  try {
    await saveCheckpoint(running);
    const completed = await runPasses(running);
    await saveCheckpoint(running);
    return completed;
  } catch (error) {
    // After any other error nobody knows whether the weights are those of the state.
    if (error instanceof UserError && running.sound) await saveCheckpoint(running).catch(() => {});
    throw error;
  }
}

async function runPasses(running: RunningPhase): Promise<boolean> {
  const { run, phase, engine } = running;
  while (!isPhaseOver(running)) {
    const outcome = await trainPass(running);
    if (run.signal.aborted) return false;
    if (outcome === 'went back') continue;
    const startedMs = performance.now();
    const validation = await validate(engine.validate, run.splits.valid, meansOf(run));
    if (!validation) return false;
    await recordValidation(running, validation, (performance.now() - startedMs) / 1000);
    if (!isPhaseOver(running)) await saveCheckpoint(running);
  }
  sayPhaseEnd(running);
  run.state.finished = phase === run.phases.at(-1);
  return true;
}

function meansOf(run: TrainingRun) {
  const params = computedParams(run);
  return { loader: run.loader, shape: batchShape(params), params, signal: run.signal };
}
