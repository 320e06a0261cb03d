/**
 * A whole small training, as `aerial train` does it: train.ts FOLDER EPOCHS. Says a line of JSON at its middle, `{"step"}`, and
 * one at its end, `{"seconds"}` of each step, and leaves without waiting for its tracker.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prepareData } from '../../../src/data/prepare.ts';
import { loadParams } from '../../../src/params/load.ts';
import { createLog } from '../../../src/system/log.ts';
import { createTracker } from '../../../src/tracking/create-tracker.ts';
import type { Tracker } from '../../../src/tracking/tracker.ts';
import { createTrackingId } from '../../../src/tracking/tracking-id.ts';
import { updatesPerEpoch } from '../../../src/train/phases/schedule.ts';
import { runTraining } from '../../../src/train/run.ts';

const [folder, epochs] = process.argv.slice(2) as [string, string];
const IMAGES = 80;
const params = await loadParams(join(import.meta.dirname, '../../../params.yaml'), [
  ...[`paths.prepared=${join(folder, 'prepared')}`, `paths.runs=${join(folder, 'runs')}`],
  ...['data.source=synthetic', 'data.custom=[]', `data.synthetic.train=${IMAGES}`, 'data.synthetic.valid=4'],
  ...['data.synthetic.test=1', 'data.image_size=64', 'data.max_instances=16', 'data.workers=1'],
  ...[`train.epochs=${epochs}`, 'train.batch_size=4', 'device=cpu'],
]);
const log = createLog();
if (!existsSync(params.paths.prepared)) await prepareData(params, log);

const middle = Math.ceil((Number(epochs) * updatesPerEpoch(IMAGES, params.train)) / 2);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const seconds: number[] = [];
const trackingId = createTrackingId();
const stage = { stage: 'train' as const, folder: join(params.paths.runs, 'train'), log, runId: trackingId };
const tracker = await createTracker(params, stage);
let lastMs: number | null = null;
/** From one row of training to the next: all that a step takes, with the tracker's calls. */
const timed: Tracker = {
  ...tracker,
  log: (step, row) => {
    tracker.log(step, row);
    const nowMs = performance.now();
    // In the first step TensorFlow gets ready, and after a validation there is more than a step.
    const isStep = 'train/loss' in row;
    if (isStep && lastMs !== null) seconds.push((nowMs - lastMs) / 1000);
    lastMs = isStep ? nowMs : null;
    if (isStep && step === middle) say({ step });
  },
};
await runTraining(params, { log, tracker: timed, signal: new AbortController().signal, trackingId });
say({ seconds });
process.exit();
