import type { IntervalKey } from '../evaluate/intervals/headline-figures.ts';
import type { Twins } from '../reproduce/compare-twins.ts';
import type { FinishedRun } from '../reproduce/finished-run.ts';
import { deviationFactors, type Spread } from '../reproduce/spread.ts';
import type { FigureSpreads, Reproduction } from '../reproduce/summarize.ts';
import { alignColumns } from '../system/align-columns.ts';
import { FIGURE_NAMES } from './figure-names.ts';

const UNDEFINED = '-';
const KEYS = Object.keys(FIGURE_NAMES) as IntervalKey[];

/** The tables for people. */
export function formatReproduction(result: Reproduction): string {
  const { runs, seeds, valid, test, twice } = result;
  return [
    ...alignColumns([
      ['', 'epochs', 'best', 'steps', 'minutes', 'mAP50 valid', 'mAP50 test', 'model'],
      ...runs.map(runRow),
    ]),
    ...spreadLines('On valid', valid, runs),
    ...spreadLines('On test', test, runs),
    ...(seeds.length > 1 ? ['', ...caveat(result)] : []),
    ...(twice ? ['', ...twinLines(twice, result)] : []),
    '',
    `All of it: ${result.file}`,
  ].join('\n');
}

function runRow(run: FinishedRun): string[] {
  const { seed, again, epochs, best_epoch, steps, seconds, valid, test, model_sha256 } = run;
  return [
    again ? `seed ${seed} again` : `seed ${seed}`,
    String(epochs),
    best_epoch === null ? UNDEFINED : `epoch ${best_epoch}`,
    String(steps),
    (seconds / 60).toFixed(1),
    figure(valid?.mask_ap50 ?? null),
    figure(test?.mask_ap50 ?? null),
    model_sha256?.slice(0, 12) ?? UNDEFINED,
  ];
}

function spreadLines(title: string, spreads: FigureSpreads | null, runs: readonly FinishedRun[]): string[] {
  if (!spreads) return [];
  const count = runs.filter(({ again }) => !again).length;
  // A figure that is undefined in some runs has its spread over fewer.
  const isPartial = KEYS.some((key) => spreads[key].count < count);
  return [
    '',
    ...alignColumns([
      [title, 'mean', 'deviation', 'min', 'max', ...(isPartial ? ['runs'] : [])],
      ...KEYS.map((key) => [
        `  ${FIGURE_NAMES[key]}`,
        ...spreadCells(spreads[key]),
        ...(isPartial ? [String(spreads[key].count)] : []),
      ]),
    ]),
  ];
}

function spreadCells({ mean, deviation, min, max }: Spread): string[] {
  return [mean, deviation, min, max].map(figure);
}

function caveat({ seeds, max_minutes }: Reproduction): string[] {
  const factors = deviationFactors(seeds.length);
  return [
    ...(factors
      ? [
          `A standard deviation of ${seeds.length} runs is itself uncertain: the true one lies between ${factors.low.toFixed(2)} and ${factors.high.toFixed(1)} times it`,
          '(95 %, if figures are distributed normally). Call no other params better for a difference of this size.',
        ]
      : []),
    'Only training differs here: data and splits are the same for all seeds.',
    ...(max_minutes === null
      ? []
      : ['train.max_minutes ends a run by the clock: part of the spread is how fast the machine was.']),
  ];
}

function twinLines({ seed, same_weights, differences }: Twins, result: Reproduction): string[] {
  if (same_weights) {
    return [
      `Twice with seed ${seed}: equal bit by bit, the best models and all that training holds after the last step.`,
    ];
  }
  const parts = (['valid', 'test'] as const).flatMap((split) => {
    const largest = largestOf(differences[split]);
    return largest ? [`${largest} on ${split}`] : [];
  });
  return [
    `Twice with seed ${seed}: the weights differ.`,
    ...(parts.length > 0 ? [`The figure that differs most: ${parts.join(', ')}.`] : []),
    ...reasons(result),
  ];
}

function reasons({ deterministic, max_minutes }: Reproduction): string[] {
  if (!deterministic) return ['train.deterministic is false: true gives the same bits on a CPU.'];
  if (max_minutes !== null)
    return ['train.max_minutes ends runs by the clock, so that no two need be equal.'];
  return [
    'train.deterministic is true: on one machine they ought to be equal (docs/training.md says what that takes).',
  ];
}

/** "mask mAP50 by 0.0123" */
function largestOf(differences: Twins['differences']['valid']): string | null {
  if (!differences) return null;
  const [key] = KEYS.toSorted((a, b) => (differences[b] ?? -1) - (differences[a] ?? -1));
  const most = differences[key!];
  return most === null ? null : `${FIGURE_NAMES[key!]} by ${most.toFixed(4)}`;
}

function figure(value: number | null): string {
  return value === null ? UNDEFINED : value.toFixed(3);
}
