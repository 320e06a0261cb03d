import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import { UserError } from '../system/errors.ts';
import type { Log } from '../system/log.ts';
import { printable } from '../system/printable.ts';
import { isInside } from './evaluate-report-folder.ts';

/** The image files of a report. */
export interface Pictures {
  /**
   * @returns the encoded file
   * @throws Error where there is none that fits the image
   */
  read(image: EvaluatedImage): Promise<Buffer>;
  /** Warns of the files that were there and did not fit. */
  warnOfMisfits(): void;
}

/** Bytes: larger ones hold more pixels than sharp takes. */
const MOST_BYTES = 512 * 1024 ** 2;

/** Of those in a warning. */
const MOST_NAMED = 3;

/**
 * @param folder where the image files lie; others are not read, whatever a name says
 * @param names of all images; warns where some have no file
 * @throws UserError where none has, so that the folder is a mistake
 */
export function openPictures(folder: string, names: readonly string[], log: Log): Pictures {
  warnOfMissing(folder, names, log);
  const misfits: string[] = [];
  return {
    read: async (image) => {
      const path = placeOf(folder, image.name);
      if (path === null) throw new Error('there is no such file');
      const { buffer, misfit } = await readPicture(path, image);
      if (buffer) return buffer;
      misfits.push(`${printable(image.name)} (${misfit})`);
      throw new Error(misfit);
    },
    warnOfMisfits: () => {
      if (misfits.length === 0) return;
      const some = `${misfits.slice(0, MOST_NAMED).join(', ')}${misfits.length > MOST_NAMED ? ', ...' : ''}`;
      log.warn(
        `--images ${folder}: files that do not fit their image are not shown (${misfits.length}): ${some}`,
      );
    },
  };
}

/** @returns null where the name leads to no file in the folder */
function placeOf(folder: string, name: string): string | null {
  const path = join(folder, name);
  return isInside(path, folder) && existsSync(path) ? path : null;
}

function warnOfMissing(folder: string, names: readonly string[], log: Log): void {
  const missing = names.filter((name) => placeOf(folder, name) === null);
  if (missing.length === 0) return;
  const place = `--images ${folder} has no ${printable(missing[0]!)}`;
  if (missing.length === names.length) {
    throw new UserError(
      `${place}, nor any other image of the ground truth: name the folder of their file_name`,
    );
  }
  log.warn(`${place}: ${missing.length} of ${names.length} images have no picture in the report`);
}

type Read = { buffer: Buffer; misfit?: never } | { buffer?: never; misfit: string };

/** Looks at the file first: a pipe would be waited for, and a device has no end. */
async function readPicture(path: string, { width, height }: EvaluatedImage): Promise<Read> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return { misfit: 'no regular file' };
    if (stats.size > MOST_BYTES) return { misfit: `larger than ${MOST_BYTES / 1024 ** 2} MiB` };
    const buffer = await readFile(path);
    const found = await sharp(buffer).metadata();
    if (found.width === width && found.height === height) return { buffer };
    return { misfit: `${found.width} x ${found.height} px, ${width} x ${height} in the ground truth` };
  } catch {
    return { misfit: 'no image that can be read' };
  }
}
