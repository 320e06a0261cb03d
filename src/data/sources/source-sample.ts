/**
 * What every source gives, whatever its files look like: images with their annotations as they were read, nothing
 * checked and nothing mended yet. The doctor (`../doctor`) makes sound images of them.
 */
import type { Finding } from '../findings.ts';
import type { Split } from '../prepared.ts';

/** An image of a source with its annotations. */
export interface SourceSample {
  /** Where the file lies; null = its annotations name it, and it is not there. */
  file: string | null;
  /**
   * Path inside the source, with "/"; where the file is missing, what its annotations call it. Its base name is what it is
   * stored under, if nothing else has it.
   */
  name: string;
  /** In pixels, as the annotations say; null where they do not (YOLO). */
  size: { width: number; height: number } | null;
  /** Where it came from: `hub`, `local`, `synthetic`, or the folder of custom samples as the user wrote it. */
  origin: string;
  /** The split that the source put it into; null where it has none. */
  split: Split | null;
  /** The file is ours: it may be moved instead of copied. */
  temporary: boolean;
  annotations: SourceAnnotation[];
}

/** One building as its annotation says. */
export interface SourceAnnotation {
  /** Where it stands, for messages: `annotations[12]`, `shapes[3]`, `line 4`. */
  entry: string;
  outline: SourceOutline;
  /** COCO's `iscrowd`: a region with buildings that were not told apart. */
  crowd: boolean;
  /** COCO's bbox [x, y, width, height] in pixels as read; null where there is none. */
  box: unknown;
  /** Square pixels as read; null where there is none. */
  area: unknown;
}

/** `unit`: pixels of the image, or shares of its width and height. */
export type SourceOutline =
  | { kind: 'polygons'; rings: readonly (readonly unknown[])[]; unit: 'pixels' | 'shares' }
  /** COCO's run lengths [height, width]; `counts` a list of numbers or the compressed text, as read. */
  | { kind: 'rle'; counts: unknown; size: unknown };

/** What was read of a folder or a zip. */
export interface SourceContent {
  /** By name, by code unit. */
  samples: SourceSample[];
  /** Faults of the files themselves, which no sample shows: unlisted images, annotations of nothing. */
  findings: Finding[];
}
