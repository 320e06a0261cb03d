import type { DoctorReport } from '../../data/doctor/report.ts';
import type { Split } from '../../data/prepared.ts';

/** A column of the tables: a split, or what belongs to none. */
export interface SplitColumn {
  key: Split | 'unsplit';
  title: string;
}

const COLUMNS: readonly SplitColumn[] = [
  { key: 'train', title: 'train' },
  { key: 'valid', title: 'valid' },
  { key: 'test', title: 'test' },
  { key: 'unsplit', title: 'no split' },
];

/** Those that have images or findings, in this order; train where nothing has any. */
export function splitColumns({ images, kinds }: DoctorReport): SplitColumn[] {
  const used = COLUMNS.filter(({ key }) => images[key] > 0 || kinds.some((kind) => kind.splits[key] > 0));
  return used.length > 0 ? used : COLUMNS.slice(0, 1);
}

export function columnOf(split: Split | null): SplitColumn['key'] {
  return split ?? 'unsplit';
}
