/** Figures by name, of one epoch or one step; null where a figure is undefined. */
export type HistoryRow = Readonly<Record<string, number | null>>;

/** Up to this many rows, each gets a dot. */
export const MOST_DOTTED_ROWS = 60;

/** Without `epoch`, rows are counted from 1. @param index of the row in the history */
export function epochOf(row: HistoryRow, index: number): number {
  return row.epoch ?? index + 1;
}

/** @returns epochs: between the last one of a phase and the first of the next, where `phase` grows */
export function phaseBorders(history: readonly HistoryRow[]): number[] {
  return history.flatMap((row, i) => {
    const before = history[i - 1];
    const isBorder = before && (row.phase ?? 0) > (before.phase ?? 0);
    return isBorder ? [(epochOf(before, i - 1) + epochOf(row, i)) / 2] : [];
  });
}
