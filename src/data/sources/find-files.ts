import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { UserError } from '../../system/errors.ts';

/** The annotation file's name in Roboflow's COCO exports, and so in the hub data set. */
export const ANNOTATIONS_FILE = '_annotations.coco.json';

const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff']);

/** By its name only; whether it decodes is checked later. */
export function isImageFile(name: string): boolean {
  return IMAGE_EXTENSIONS.has(extname(name).toLowerCase()) && !basename(name).startsWith('.');
}

export interface SourceFiles {
  /** Absolute or relative as `folder` was. */
  annotations: string;
  /** Path relative to the annotation file's folder, with "/" -> path of the file. */
  images: Map<string, string>;
}

/**
 * Finds the one annotation file in a folder or below, and the images beside and below it.
 * Links are followed: DVC may keep tracked files as links into its cache.
 * @param label what to call the folder in a message, e.g. the zip that it came from
 */
export async function findSourceFiles(folder: string, label: string): Promise<SourceFiles> {
  const names = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll('\\', '/')).sort();
  const annotations = names.filter((name) => basename(name) === ANNOTATIONS_FILE);
  if (annotations.length !== 1) {
    throw new UserError(
      `${label} must hold one ${ANNOTATIONS_FILE}, found ${annotations.length === 0 ? 'none' : annotations.join(', ')}: export the annotations as COCO segmentation`,
    );
  }
  const root = dirname(annotations[0]!);
  const images = new Map<string, string>();
  for (const name of names) {
    if (!isImageFile(name) || (root !== '.' && !name.startsWith(`${root}/`))) continue;
    const path = join(folder, name);
    if (await isFile(path)) images.set(root === '.' ? name : name.slice(root.length + 1), path);
  }
  return { annotations: join(folder, annotations[0]!), images };
}

/** A link that leads nowhere is no file: its image is then reported as missing. */
async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
