import { UsageError } from '../system/errors.ts';
import { loadTensorFlow } from '../system/load-tensorflow.ts';
import type { RangeOptions, RangeSummary } from '../train/range-test/range-test.ts';
import { printResult, readParams, type StageContext, type StageOptions } from './stage.ts';

/** The flags of `aerial range-test`. */
export interface RangeTestFlags extends StageOptions, RangeOptions {}

/** `aerial range-test`: the curve in `runs/range_test`, the rate that it suggests on stdout. */
export async function rangeTest(flags: RangeTestFlags, context: StageContext): Promise<void> {
  const { from, to, steps } = flags;
  if (from >= to) throw new UsageError(`--from must be below --to (${to}), got ${from}`);
  const params = await readParams(flags);
  // Only now, so that wrong params are told at once and not after TensorFlow has loaded.
  await loadTensorFlow({ device: params.device, deterministic: params.train.deterministic });
  const { runRangeTest } = await import('../train/range-test/range-test.ts');
  printResult(await runRangeTest(params, { from, to, steps }, context), flags, formatRangeSummary);
}

function formatRangeSummary(summary: RangeSummary): string {
  const { key, current, suggestion, lowest, steps, stopped, curve } = summary;
  const end = {
    diverged: 'the loss broke out',
    not_finite: 'the loss or its gradient was no finite number',
  };
  const found =
    suggestion === null
      ? 'No suggestion: the loss falls nowhere; try another range with --from and --to, or more --steps'
      : `Suggestion: ${key}=${rounded(suggestion)} (where the loss falls most steeply; the params have ${current})`;
  return [
    found,
    lowest === null ? '' : `Lowest loss at ${rounded(lowest)}`,
    `${steps} updates${stopped === null ? '' : `, then ${end[stopped]}`}`,
    `Curve: ${curve}`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** Two digits: the curve is not known more closely. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(2));
}
