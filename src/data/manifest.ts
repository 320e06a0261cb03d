import type { FindingKind, Treatment } from './findings.ts';
import type { PreparedImage, Split } from './prepared.ts';

/** How images that came without splits were divided; see `split.ts`. */
export interface Division {
  by: 'scene' | 'tiles' | 'folder' | 'image';
  /** Groups that stayed whole. */
  groups: number;
  /** Images beside one of another split; null where names do not tell. */
  near: number | null;
}

/** One file of the prepared data set. */
export interface StoredFile {
  /** Bytes. */
  size: number;
  /** Lower-case hex. */
  sha256: string;
}

/** How often each kind of finding came up, by what was done about it. */
export type FindingCounts = Record<Treatment, Partial<Record<FindingKind, number>>>;

/** What a split holds. */
export interface SplitSummary {
  images: number;
  buildings: number;
  crowds: number;
  /** Images by where they came from, see `PreparedImage.origin`. */
  origins: Record<string, number>;
  findings: FindingCounts;
}

/** The content of `manifest.json`. */
export interface Manifest {
  version: 2;
  source: string;
  /** sha256 over the sorted file hashes: two prepared sets with the same hash hold the same data. */
  hash: string;
  splits: Record<Split, SplitSummary>;
  /** Of files and annotations that belong to no image, and so to no split. */
  findings: FindingCounts;
  /** By origin, those that came without splits and were divided here. */
  divisions: Record<string, Division>;
  /** By path inside the folder. */
  files: Record<string, StoredFile>;
}

export interface PreparedDataset {
  manifest: Manifest;
  splits: Record<Split, PreparedImage[]>;
}
