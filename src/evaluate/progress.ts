import type { Log } from '../system/log.ts';

/** What an evaluation does one after the other: it goes through the images (again, where the threshold is chosen) and draws sets of them. */
export type EvaluationStep = 'measured' | 'judged' | 'drawn';

/** Hears how many images or draws a step has done. */
export type OnProgress = (step: EvaluationStep, done: number) => void;

/** Between two lines. */
const PAUSE_MS = 5000;

/**
 * Says how far an evaluation has come, in a line now and then; nothing where it is short.
 * @param images, resamples how many there are in all
 */
export function createProgressLog(
  log: Log,
  { images, resamples }: { images: number; resamples: number },
): OnProgress {
  const lines: Record<EvaluationStep, (done: number) => string> = {
    measured: (done) => `Measured ${done} of ${images} images`,
    judged: (done) => `Counted ${done} of ${images} images from the chosen score threshold on`,
    drawn: (done) => `Drew the images ${done} of ${resamples} times for the intervals`,
  };
  let last = performance.now();
  return (step, done) => {
    if (performance.now() - last < PAUSE_MS) return;
    last = performance.now();
    log.info(lines[step](done));
  };
}
