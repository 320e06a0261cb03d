/**
 * The prepared data set: the one contract between data-prep, which writes it, and train and inference, which read it.
 *
 * Layout of the folder `paths.prepared`:
 *   manifest.json            what is here, where it came from, with counts and a sha256 of every file
 *   train.json valid.json test.json   COCO annotations, one category {id: 1, name: "building"}, polygons only
 *   images/{train,valid,test}/*       the image files, byte for byte as they came (JPEG, PNG, WebP or TIFF), upright
 */

export const SPLITS = ['train', 'valid', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** One building. Coordinates are pixels of the stored image; a pixel's centre is at .5. */
export interface Building {
  id: number;
  /** Outer rings of its parts, each flat [x0, y0, x1, y1, ...], at least three points. */
  polygons: number[][];
  /** [y1, x1, y2, x2] */
  box: [number, number, number, number];
  /** Square pixels. */
  area: number;
}

/** One image of a split with its buildings. */
export interface PreparedImage {
  id: number;
  /** Absolute path of the image file. */
  path: string;
  width: number;
  height: number;
  /** Where it came from: `hub`, `local`, `synthetic`, or the folder of custom samples. */
  origin: string;
  buildings: Building[];
}

/** The content of `manifest.json`. */
export interface Manifest {
  version: 1;
  source: string;
  /** sha256 over the sorted file hashes: two prepared sets with the same hash hold the same data. */
  hash: string;
  splits: Record<Split, { images: number; buildings: number; dropped: Record<string, number> }>;
  /** Path inside the folder -> sha256. */
  files: Record<string, string>;
}

export interface PreparedDataset {
  manifest: Manifest;
  splits: Record<Split, PreparedImage[]>;
}
