import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../../system/errors.ts';

/**
 * Most bytes of an annotation file. COCO with half a million buildings is below it, and it can be held as a text and as
 * the values in it without taking more than a part of a gigabyte.
 */
export const MOST_ANNOTATION_BYTES = 128 * 1024 ** 2;

/**
 * Reads an annotation file.
 * @param label what to call it in a message: its path in the data set, and the data set
 * @throws UserError where it cannot be read, or is larger than `MOST_ANNOTATION_BYTES`
 */
export async function readBytes(path: string, label: string): Promise<Buffer> {
  let size: number;
  try {
    size = (await stat(path)).size;
    if (size <= MOST_ANNOTATION_BYTES) return await readFile(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new UserError(`Cannot read ${label} (${reason}): make it readable for this user, or take it away`, {
      cause: error,
    });
  }
  throw new UserError(
    `${label} has ${size} bytes, and annotation files may have ${MOST_ANNOTATION_BYTES}: divide it into several folders, each with its images and their annotations`,
  );
}
