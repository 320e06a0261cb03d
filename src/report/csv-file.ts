import { appendFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';

/** What a cell holds; null = empty. */
export type Cell = string | number | boolean | null;

/** A CSV file that is written row by row. */
export interface CsvFile<Column extends string> {
  add: (row: Readonly<Record<Column, Cell>>) => void;
  /** Writes the rows that are left. */
  end: () => void;
}

/** Rows. */
const AT_ONCE = 1000;
/** Decimals: more say nothing, and are hard to read. */
const DIGITS = 6;

/**
 * Texts come from others: one that a spreadsheet would take for a formula gets a `'` before it.
 *
 * Not by streams: rows come from loops that do not wait, and would pile up in memory.
 */
export function createCsvFile<Column extends string>(
  path: string,
  columns: readonly Column[],
): CsvFile<Column> {
  writeFileSync(path, stringify([columns]));
  let rows: Cell[][] = [];
  const flush = () => {
    appendFileSync(path, stringify(rows, { escape_formulas: true, cast: { boolean: String } }));
    rows = [];
  };
  return {
    add: (row) => {
      rows.push(columns.map((column) => rounded(row[column])));
      if (rows.length === AT_ONCE) flush();
    },
    end: flush,
  };
}

function rounded(cell: Cell): Cell {
  return typeof cell === 'number' && !Number.isInteger(cell) ? Number(cell.toFixed(DIGITS)) : cell;
}
