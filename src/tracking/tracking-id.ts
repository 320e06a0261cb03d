import { randomInt } from 'node:crypto';

/** As long as those that Weights & Biases gives itself. */
const LENGTH = 8;
const CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * By what a run is known to Weights & Biases, so that a resumed run goes on where it was: the checkpoint keeps it.
 * @returns `WANDB_RUN_ID`, as the agent of a sweep gives it, or a new one
 */
export function createTrackingId(environment: NodeJS.ProcessEnv = process.env): string {
  const drawn = Array.from({ length: LENGTH }, () => CHARACTERS[randomInt(CHARACTERS.length)]);
  return environment.WANDB_RUN_ID || drawn.join('');
}
