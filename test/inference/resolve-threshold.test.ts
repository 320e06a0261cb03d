import { describe, expect, it } from 'vitest';
import { resolveThreshold } from '../../src/inference/resolve-threshold.ts';
import type { Params } from '../../src/params/schema.ts';
import { collectLog } from '../support/collect-log.ts';
import { tinyParams } from '../support/tiny-model.ts';

/** @param change of the params after training */
function resolve(change: (params: Params) => void, scoreThreshold: number | null = 0.25) {
  const [now, trained] = [tinyParams(), tinyParams()];
  change(now);
  const log = collectLog();
  return {
    ...resolveThreshold(now, { scoreThreshold, params: trained, file: 'best' }, log),
    said: log.lines,
  };
}

describe('resolveThreshold', () => {
  it('takes that of the training without a word where nothing has changed that it depends on', () => {
    const trained = { score: 0.25, source: 'trained', said: [] };
    expect(resolve(() => {})).toEqual(trained);
    const change = (params: Params) => {
      params.inference.resamples = 3;
      params.train.precision = 'float16';
      params.seed++;
    };
    expect(resolve(change)).toEqual(trained);
  });

  it('warns, naming what has changed since it was chosen', () => {
    const { said, ...threshold } = resolve((params) => {
      params.model.detection.nms_threshold = 0.25;
      params.model.detection.max_detections = 3;
      params.evaluate.max_detections = 7;
      params.inference.precision = 'bfloat16';
    });
    const before = tinyParams();
    expect(threshold).toEqual({ score: 0.25, source: 'trained' });
    expect(said).toEqual([
      'warning: the score threshold 0.25 of best was chosen in training with other params ' +
        `(model.detection.nms_threshold is 0.25, was ${before.model.detection.nms_threshold}; ` +
        `model.detection.max_detections is 3, was ${before.model.detection.max_detections}; ` +
        `evaluate.max_detections is 7, was ${before.evaluate.max_detections}; ` +
        'inference.precision is bfloat16, was float32): ' +
        'another one may suit better; train again, or set inference.score_threshold',
    ]);
  });

  it('takes that of the params, whatever the training says', () => {
    const change = (params: Params) => {
      params.inference.score_threshold = 0;
      params.model.detection.nms_threshold = 0.25;
    };
    for (const trained of [0.25, null]) {
      expect(resolve(change, trained)).toEqual({ score: 0, source: 'params', said: [] });
    }
  });

  it('takes a neutral one where nobody has chosen, and says so', () => {
    const { said, ...threshold } = resolve(() => {}, null);
    expect(threshold).toEqual({ score: 0.5, source: 'default' });
    expect(said).toEqual([expect.stringMatching(/^warning: best names no score threshold .* 0\.5 is taken/)]);
  });
});
