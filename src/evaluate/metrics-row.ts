import type { Metrics } from './metrics.ts';

/**
 * The figures as rows of trackers and `history.json` have them: `valid/mask_ap`, `valid/errors/missed` ...
 * @param prefix of the names, as `valid`
 */
export function metricsRow(prefix: string, metrics: Metrics): Record<string, number | null> {
  const { mask, boundary, box, merged, split } = metrics;
  const figures = {
    mask_ap: mask.ap,
    mask_ap50: mask.ap50,
    boundary_ap: boundary.ap,
    box_ap: box.ap,
    box_ap50: box.ap50,
    iou: metrics.iou,
    dice: metrics.dice,
    precision: metrics.precision,
    recall: metrics.recall,
    f1: metrics.f1,
    panoptic_quality: metrics.panoptic_quality,
    merged_rate: merged.rate,
    split_rate: split.rate,
    score_threshold: metrics.score_threshold,
  };
  const errors = Object.entries(metrics.errors).map(([kind, figure]) => [`errors/${kind}`, figure] as const);
  return Object.fromEntries(
    [...Object.entries(figures), ...errors].map(([key, figure]) => [`${prefix}/${key}`, figure]),
  );
}
