import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { MetricsRow } from './tracker.ts';

/** A row as it stands in the file, with the run that it is of, where that has a name. */
export type WrittenRow = { step: number; run?: string } & Figures;

type Figures = { [figure: string]: MetricsRow[string] | string | MetricsRow | undefined };

/**
 * Cuts a file of rows back to where training goes on, as if what came after had never been: from the first row on that
 * lies after `resumeStep` or that `next` replaces, and without summaries and the rest of a line that was being written when
 * the run died. Rows of other runs go, too: another one may have been trained here meanwhile. A figure has one value at
 * each step.
 *
 * What stays is written aside, then renamed: whatever happens, the file is whole.
 * @param next the first row after the cut
 * @param resumeStep the last step whose rows may stay; that of `next` when left out
 */
export function cutRows(file: string, next: WrittenRow, resumeStep: number = next.step): void {
  const text = readOr('', file);
  const rows = rowsOf(text).filter(({ row }) => row.run === next.run && !('summary' in row));
  const end = rows.findIndex(
    ({ row }) => row.step > resumeStep || row.step > next.step || isReplaced(row, next),
  );
  const kept = end < 0 ? rows : rows.slice(0, end);
  const content = kept.map(({ line }) => `${line}\n`).join('');
  if (content !== text) replaceFile(file, content);
}

/** @returns the highest step of which the file holds a row of this run; 0 where it holds none, or cannot be read */
export function lastStepOf(file: string, run: string | undefined): number {
  try {
    const own = rowsOf(readOr('', file)).filter(({ row }) => row.run === run);
    return own.reduce((last, { row }) => Math.max(last, row.step), 0);
  } catch {
    return 0;
  }
}

/** Whether both give the same figure of the same step. Keys that say where a row stands have no `/`. */
export function isReplaced(row: WrittenRow, next: WrittenRow): boolean {
  return row.step === next.step && Object.keys(next).some((key) => key.includes('/') && key in row);
}

/** The lines of a text that are whole rows. */
function rowsOf(text: string): { line: string; row: WrittenRow }[] {
  return text.split('\n').flatMap((line) => {
    const row = parseRow(line);
    return row === null ? [] : [{ line, row }];
  });
}

/** @returns null for what is no whole row */
function parseRow(line: string): WrittenRow | null {
  try {
    const row: unknown = JSON.parse(line);
    const isRow = row !== null && typeof row === 'object' && 'step' in row && typeof row.step === 'number';
    return isRow ? (row as WrittenRow) : null;
  } catch {
    return null;
  }
}

function readOr(otherwise: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}

function replaceFile(file: string, content: string): void {
  const aside = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    const descriptor = openSync(aside, 'w');
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}
