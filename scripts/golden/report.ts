import { alignColumns } from '../columns.ts';
import type { Row } from './compare.ts';

const DIGITS = 3;

/** @returns lines: a row a key, then a line with the verdict */
export function table(file: string, rows: readonly Row[]): string {
  const cells = [
    ['key', 'largest difference', 'in deviations', 'required', ''],
    ...rows.map(({ key, difference, relative, required, ok, note }) => [
      key,
      show(difference),
      show(relative),
      required,
      [ok ? 'ok' : 'FAIL', note].filter((text) => text !== '').join('  '),
    ]),
  ];
  return [...alignColumns(cells), verdict(file, rows)].join('\n');
}

/** One line of JSON. */
export function jsonLine(file: string, rows: readonly Row[]): string {
  return JSON.stringify({ file, ok: passes(rows), keys: rows });
}

/** Whether all is as it should be. */
export function passes(rows: readonly Row[]): boolean {
  return rows.every(({ ok }) => ok);
}

function verdict(file: string, rows: readonly Row[]): string {
  const faults = rows.filter(({ ok }) => !ok).map(({ key }) => key);
  return faults.length === 0
    ? `${file}: all ${rows.length} keys agree with torchvision`
    : `${file}: ${faults.length} of ${rows.length} keys FAIL: ${faults.join(', ')}`;
}

function show(value: number | null): string {
  return value === null ? '-' : value.toExponential(DIGITS - 1);
}
