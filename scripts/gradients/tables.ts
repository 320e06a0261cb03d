import type { TorchRow } from './against-torch.ts';
import type { DirectionalRow } from './directional.ts';

/** All that was measured. */
export interface Tables {
  directional: (DirectionalRow & { subject: string })[];
  torch: TorchRow[];
}

/**
 * Relative errors from which on a gradient counts as wrong. Smooth: a few times what float32 leaves of a random direction.
 * Free: what kinks leave, which is much; a wrong factor is seen all the same. Torch: float32 against float64.
 */
const TOLERANCES = { smooth: 1e-3, free: 0.1, torch: 2e-5 };

/** @returns a line for each row beyond its tolerance; not a number is beyond any */
export function faultsOf({ directional, torch }: Tables): string[] {
  return [
    ...directional.flatMap(({ subject, group, smooth, free, withoutGradient }) => [
      ...faultOf(`${subject}: ${group}`, smooth.relativeError, TOLERANCES.smooth),
      ...faultOf(`${subject}: ${group}, with kinks`, free.relativeError, TOLERANCES.free),
      ...withoutGradient.map((name) => `${subject}: ${name} has no gradient`),
    ]),
    ...torch.flatMap(({ name, valueError, gradientError }) => [
      ...faultOf(`${name}, values`, valueError, TOLERANCES.torch),
      ...faultOf(`${name}, gradient`, gradientError, TOLERANCES.torch),
    ]),
  ];
}

function faultOf(what: string, error: number, tolerance: number): string[] {
  return error <= tolerance
    ? []
    : [`${what}: relative error ${error.toExponential(1)}, expected at most ${tolerance}`];
}

/** For people. */
export function formatTables({ directional, torch }: Tables): string {
  const lines = [
    'The whole loss along a random unit direction of each group of weights, proposals held fixed. smooth: ReLUs and maxima held',
    'on the branches that they take at the weights themselves; with kinks: let go. error: relative; kinks: switched in the step.',
    '',
    ...align([
      [
        'model',
        'weights',
        'count',
        'gradient · direction',
        'smooth quotient',
        '±',
        'error',
        'quotient with kinks',
        '±',
        'error',
        'kinks',
      ],
      ...directional.map(({ subject, group, weights, analytic, smooth, free, kinks }) => [
        ...[subject, group, String(weights), analytic.toExponential(5)],
        ...[smooth.value.toExponential(5), short(smooth.uncertainty), short(smooth.relativeError)],
        ...[free.value.toExponential(5), short(free.uncertainty), short(free.relativeError), String(kinks)],
      ]),
    ]),
    '',
    'Single ops and losses against PyTorch in float64: largest difference, relative to the largest value',
    '',
    ...align([
      ['op', 'values', 'gradients'],
      ...torch.map(({ name, valueError, gradientError }) => [name, short(valueError), short(gradientError)]),
    ]),
  ];
  return lines.join('\n');
}

function short(value: number): string {
  return value.toExponential(1);
}

function align(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}
