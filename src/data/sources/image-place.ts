import { posix } from 'node:path';

/** Folders in a name that are tried; longer names are no file names. */
const MOST_FOLDERS = 16;

/**
 * Looks for the file that an annotation names. Only files that were found are ever named, so that nothing that stands in
 * an annotation can lead out of the folder.
 * @param name as it stands there: with "/" or "\", relative, or a path on the machine where it was annotated
 * @param folders where it may lie, relative to the source's folder ("" = itself), the likeliest first
 * @param images files that are there
 * @returns one of `images`, or null. Of a path that is absolute or leads out, the end decides, the longest that fits.
 */
export function imagePlace(
  name: string,
  folders: readonly string[],
  images: ReadonlySet<string>,
): string | null {
  const plain = posix.normalize(name.replaceAll('\\', '/'));
  const tries = folders.map((folder) => posix.join(folder, plain));
  const isForeign = plain.startsWith('/') || plain.startsWith('..') || /^[A-Za-z]:/.test(plain);
  if (isForeign) {
    const parts = plain.split('/').filter((part) => part !== '' && part !== '..');
    for (let i = Math.max(0, parts.length - MOST_FOLDERS); i < parts.length; i++) {
      const end = parts.slice(i).join('/');
      tries.push(...folders.map((folder) => posix.join(folder, end)));
    }
  }
  return tries.find((place) => images.has(place)) ?? null;
}
