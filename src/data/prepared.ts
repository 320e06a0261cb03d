/**
 * The prepared data set: the one contract between data-prep, which writes it, and train and inference, which read it.
 *
 * Layout of the folder `paths.prepared`:
 *   manifest.json            what is here, where it came from, with counts, and size and sha256 of every file
 *   train.json valid.json test.json   COCO annotations, one category {id: 1, name: "building"}, polygons only; of each
 *                            image also its `origin`, its `shard` and the `offset` and `length` of its bytes in there
 *   images/train-000.tar ... the image files, called by their `file_name`, in plain tar files of at most 256 MiB
 *
 * Images are upright, RGB with 8 bits in sRGB, as JPEG, PNG, WebP or TIFF. Any tar program unpacks them; a reader that
 * knows `offset` needs none, and reads one image of a million in one go.
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

/** Where the bytes of an encoded image lie; `readStored` brings them. */
export interface StoredBytes {
  /** Absolute path of the file that they are a part of. */
  shard: string;
  /** Bytes before the first of them, >= 0. */
  offset: number;
  /** Bytes, > 0. */
  length: number;
}

/** One image of a split with its buildings. Can be sent to another thread. */
export interface PreparedImage {
  id: number;
  /** File name, unique in its split: for messages and for what is made of the image. */
  name: string;
  /** JPEG, PNG, WebP or TIFF. */
  bytes: StoredBytes;
  width: number;
  height: number;
  /** Where it came from: `hub`, `local`, `synthetic`, or the folder of custom samples as the user wrote it. */
  origin: string;
  buildings: Building[];
  /** Regions with buildings that nobody told apart: the outer rings of each. What is found there does not count; training takes them for background. */
  crowds: number[][][];
}
