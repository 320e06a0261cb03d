import { describe, expect, it } from 'vitest';
import { evaluateImages } from '../../src/evaluate/evaluate-images.ts';
import { metricsRow } from '../../src/evaluate/metrics-row.ts';

describe('metricsRow', () => {
  it('has the figures under the name of the split, each from its place', async () => {
    const { metrics } = await evaluateImages([], { maxDetections: 100, scoreThreshold: 0.25 });
    // Every figure another one, so that none can stand for another.
    let next = 0;
    const distinct = JSON.parse(JSON.stringify(metrics), (_key, value) =>
      value === null || typeof value === 'number' ? ++next : value,
    ) as typeof metrics;
    const { mask, boundary, box, errors } = distinct;
    expect(metricsRow('valid', distinct)).toEqual({
      'valid/mask_ap': mask.ap,
      'valid/mask_ap50': mask.ap50,
      'valid/boundary_ap': boundary.ap,
      'valid/box_ap': box.ap,
      'valid/box_ap50': box.ap50,
      'valid/iou': distinct.iou,
      'valid/dice': distinct.dice,
      'valid/precision': distinct.precision,
      'valid/recall': distinct.recall,
      'valid/f1': distinct.f1,
      'valid/panoptic_quality': distinct.panoptic_quality,
      'valid/merged_rate': distinct.merged.rate,
      'valid/split_rate': distinct.split.rate,
      'valid/score_threshold': distinct.score_threshold,
      'valid/errors/class': errors.class,
      'valid/errors/localisation': errors.localisation,
      'valid/errors/both': errors.both,
      'valid/errors/duplicate': errors.duplicate,
      'valid/errors/background': errors.background,
      'valid/errors/missed': errors.missed,
      'valid/errors/false_positive': errors.false_positive,
      'valid/errors/false_negative': errors.false_negative,
    });
    expect(new Set(Object.values(metricsRow('test', distinct))).size).toBe(22);
  });
});
