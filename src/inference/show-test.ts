import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readStored } from '../data/read-stored.ts';
import { INTERVAL_KEYS } from '../evaluate/intervals/headline-figures.ts';
import type { Metrics } from '../evaluate/metrics.ts';
import { metricsRow } from '../evaluate/metrics-row.ts';
import type { MetricsRow, Tracker } from '../tracking/tracker.ts';
import { curveCharts } from '../visualize/evaluation-exhibits.ts';
import { outcomePicture } from '../visualize/outcome-overlays.ts';
import type { TestEvaluation } from './measure-test.ts';

/** A larger report stays on disk alone. */
const MAX_REPORT_BYTES = 16 * 2 ** 20;

/** Tells the tracker all that was measured. @param folder where the report lies */
export async function showTest(
  tracker: Tracker,
  { metrics, curves, outcomes, examples }: TestEvaluation,
  folder: string,
): Promise<void> {
  for (const [i, { image, outcome }] of examples.entries()) {
    const encoded = await readStored(image.source.bytes);
    const picture = await outcomePicture(image, outcome, { encoded, caption: image.name });
    tracker.show(0, `test/overlay_${i}`, picture);
  }
  tracker.show(0, 'test/outcomes', outcomes);
  for (const [name, chart] of Object.entries(curveCharts(curves))) tracker.show(0, `test/${name}`, chart);
  const report = join(folder, 'report.html');
  if ((await stat(report)).size <= MAX_REPORT_BYTES) {
    tracker.show(0, 'test/report', { kind: 'page', html: await readFile(report, 'utf8') });
  }
  tracker.summary({ ...metricsRow('test', metrics), ...intervalRow(metrics) });
}

/** `test/mask_ap_low`, `test/mask_ap_high` ... */
function intervalRow({ intervals }: Metrics): MetricsRow {
  if (!intervals) return {};
  const bounds = INTERVAL_KEYS.flatMap((key) => [
    [`test/${key}_low`, intervals[key]?.low ?? null] as const,
    [`test/${key}_high`, intervals[key]?.high ?? null] as const,
  ]);
  return Object.fromEntries(bounds);
}
