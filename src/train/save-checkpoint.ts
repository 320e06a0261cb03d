import type { Engine } from './engine/engine.ts';
import type { WeightUpdate } from './engine/update.ts';
import type { TrainingRun } from './open-run.ts';
import type { Phase } from './phases/phases.ts';

/** A phase on its way, with what computes it. */
export interface RunningPhase {
  phase: Phase;
  run: TrainingRun;
  update: WeightUpdate;
  engine: Engine;
  /** Whether the engine's weights are those of `run.state`; not after an update that has spoilt them. */
  sound: boolean;
}

/** Keeps the run as it stands between two updates, unless the newest checkpoint says the same. */
export async function saveCheckpoint({ run, engine }: RunningPhase): Promise<void> {
  run.state.seconds = run.seconds();
  await run.store.save(run.state, engine.readState);
}
