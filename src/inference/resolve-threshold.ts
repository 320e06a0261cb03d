import { NEUTRAL_THRESHOLD } from '../evaluate/threshold/threshold.ts';
import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';
import type { ThresholdSource } from './summary.ts';
import type { TrainedModel } from './trained-model.ts';

/** The score threshold of the params, else that of the training, else a neutral one; warns where it may not suit. */
export function resolveThreshold(
  params: Params,
  { scoreThreshold, file, params: trained }: Pick<TrainedModel, 'scoreThreshold' | 'file' | 'params'>,
  log: Log,
): { score: number; source: ThresholdSource } {
  const { score_threshold: wanted } = params.inference;
  if (wanted !== null) return { score: wanted, source: 'params' };
  if (scoreThreshold === null) {
    log.warn(
      `${file} names no score threshold (no detection on valid was right, or an earlier version trained it): ` +
        `${NEUTRAL_THRESHOLD} is taken; set inference.score_threshold, or train again to have it chosen on valid`,
    );
    return { score: NEUTRAL_THRESHOLD, source: 'default' };
  }
  const changes = changesSince(trained, params);
  if (changes.length > 0) {
    log.warn(
      `the score threshold ${scoreThreshold} of ${file} was chosen in training with other params ` +
        `(${changes.join('; ')}): another one may suit better; train again, or set inference.score_threshold`,
    );
  }
  return { score: scoreThreshold, source: 'trained' };
}

/** @returns what decides scores and detections, where the validation in training had it otherwise */
function changesSince(trained: Params, now: Params): string[] {
  const keys = Object.keys(now.model.detection) as (keyof Params['model']['detection'])[];
  const values: [string, unknown, unknown][] = [
    ...keys.map((key): [string, unknown, unknown] => [
      `model.detection.${key}`,
      now.model.detection[key],
      trained.model.detection[key],
    ]),
    ['evaluate.max_detections', now.evaluate.max_detections, trained.evaluate.max_detections],
    ['inference.precision', now.inference.precision, trained.train.precision],
  ];
  return values
    .filter(([, value, before]) => value !== before)
    .map(([name, value, before]) => `${name} is ${value}, was ${before}`);
}
