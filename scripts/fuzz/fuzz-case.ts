/** One input for the readers: files that are nearly, but not quite, a data set. */

export const KINDS = ['zip', 'coco', 'labelme', 'yolo'] as const;
export type Kind = (typeof KINDS)[number];

export interface FuzzCase {
  index: number;
  kind: Kind;
  /** Path inside `data.path` -> bytes. Names are those of ordinary files: what is hostile lies in the bytes. */
  files: Map<string, Buffer>;
  /** What was done to the sound files, in order. */
  tricks: string[];
}
