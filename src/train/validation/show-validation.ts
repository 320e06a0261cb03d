/**
 * What a validation gives to look at: pictures of the first images, what became of buildings and detections, and
 * curves.
 */
import { readStored } from '../../data/read-stored.ts';
import type { Tracker } from '../../tracking/tracker.ts';
import { comparisonPngOf } from '../../visualize/comparison-of.ts';
import { curveCharts } from '../../visualize/evaluation-exhibits.ts';
import { outcomePicture } from '../../visualize/outcome-overlays.ts';
import type { Validation } from './validate.ts';

/** @param place of the validation in the run; its epoch, 1 for the first */
export async function showValidation(
  tracker: Tracker,
  { metrics, curves, outcomes, examples }: Validation,
  { step, epoch }: { step: number; epoch: number },
): Promise<void> {
  tracker.show(step, 'valid/outcomes', outcomes);
  for (const [name, chart] of Object.entries(curveCharts(curves))) tracker.show(step, `valid/${name}`, chart);
  const scoreThreshold = metrics.score_threshold;
  for (const [i, { image, outcome }] of examples.entries()) {
    const encoded = await readStored(image.source.bytes);
    const caption = `epoch ${epoch}, ${image.name}`;
    const png = await comparisonPngOf(image, encoded, { outcome, scoreThreshold });
    tracker.show(step, `valid/comparison_${i}`, { kind: 'picture', png, caption });
    tracker.show(step, `valid/overlay_${i}`, await outcomePicture(image, outcome, { encoded, caption }));
  }
}
