import { extname, join, posix } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import type { Split } from '../prepared.ts';
import { imagePlace } from './image-place.ts';
import { readBytes } from './read-text.ts';
import { type Reading, report } from './reading.ts';
import { splitOfFolders } from './split-name.ts';
import type { YoloClasses } from './yolo-classes.ts';

export interface YoloSplits {
  /** Of an image; null = of none; undefined = `data.yaml` lists the images of the data set, and this is none of them. */
  splitOf: (image: string) => Split | null | undefined;
  /** Lists of images that `data.yaml` names: text files that are no labels. */
  lists: ReadonlySet<string>;
}

/** By folder or image; null where several splits name it. */
type Places = Map<string, Split | null>;

/**
 * Where `data.yaml` puts images: each of its entries is a folder, or a text file with the path of an image on each line,
 * https://docs.ultralytics.com/datasets/segment. A listed image has the split of its lists, another one that of the
 * longest folder that is named. What is named for several splits says nothing: then, and without entries, names of
 * folders decide. Only images that were found in the source are ever named.
 * @param files of the source, below its folder
 * @throws UserError where an entry leads to no image; `test` may, where others do not, and is noted: exporters name it
 *   always, and training does without it
 */
export async function readYoloSplits(
  reading: Reading,
  classes: YoloClasses,
  files: readonly string[],
): Promise<YoloSplits> {
  const texts = new Set(files.filter((path) => extname(path).toLowerCase() === '.txt'));
  const folders = imageFolders(reading.images);
  const around = startsOf(classes, folders);
  const inFolders: Places = new Map();
  const inLists: Places = new Map();
  const lists = new Set<string>();
  const lost: LostEntry[] = [];
  for (const [split, entries] of classes.splits) {
    for (const entry of entries) {
      const name = entry.trim().replace(/[\\/]+$/, '');
      const list = imagePlace(name, around, texts);
      const folder = list === null ? imagePlace(name, around, folders) : null;
      if (list !== null) lists.add(list);
      if (folder !== null) add(inFolders, folder, split);
      const images = list === null ? new Set<string>() : await readList(reading, list, { split, around });
      for (const image of images) add(inLists, image, split);
      if (folder === null && images.size === 0) lost.push({ split, entry });
    }
  }
  tellLost(reading, classes, { lost, areAllLost: inFolders.size + inLists.size === 0 });
  const splitOf = (image: string) => {
    const split = inLists.has(image) ? inLists.get(image) : splitOfLongest(inFolders, image);
    return split === undefined && lists.size > 0 ? undefined : (split ?? splitOfFolders(image));
  };
  return { splitOf, lists };
}

function add(places: Places, place: string, split: Split): void {
  places.set(place, (places.get(place) ?? split) === split ? split : null);
}

function splitOfLongest(places: Places, image: string): Split | null | undefined {
  for (let folder = posix.dirname(image); ; folder = posix.dirname(folder)) {
    if (places.has(folder)) return places.get(folder);
    if (folder === '.') return undefined;
  }
}

/**
 * Where paths in `data.yaml` start: at its `path`, or at itself. As exporters write them (`../train/images`, or a path on
 * their machine), they start where it once was.
 */
function startsOf({ path, root }: YoloClasses, folders: ReadonlySet<string>): string[] {
  const own = posix.dirname(path);
  const named = root === null ? null : imagePlace(root.trim().replace(/[\\/]+$/, ''), [own], folders);
  return named === null ? [own] : [named, own];
}

/** The folders that hold images, and all around them. */
function imageFolders(images: Iterable<string>): Set<string> {
  const folders = new Set<string>();
  for (const image of images) {
    for (let at = posix.dirname(image); !folders.has(at); at = posix.dirname(at)) folders.add(at);
  }
  return folders;
}

/** @returns the images that are there; the others are noted */
async function readList(
  reading: Reading,
  list: string,
  { split, around }: { split: Split; around: readonly string[] },
): Promise<Set<string>> {
  const { folder, label, signal } = reading.source;
  signal?.throwIfAborted();
  const bytes = await readBytes(join(folder, list), `${printable(list)} of ${label}`);
  const starts = [posix.dirname(list), ...around];
  const found = new Set<string>();
  for (const { line, name } of linesOf(bytes.toString('utf8').replace(/^\uFEFF/, ''))) {
    const image = imagePlace(name, starts, reading.images);
    if (image !== null) found.add(image);
    else
      report(reading, 'image_missing', 'a list names it', {
        image: name,
        split,
        entry: `${list} line ${line}`,
      });
  }
  return found;
}

/** One after the other: `split` would take twenty times the memory of a text of empty lines. */
function* linesOf(text: string): Generator<{ line: number; name: string }> {
  for (let line = 1, at = 0; at < text.length; line++) {
    const next = text.indexOf('\n', at);
    const end = next < 0 ? text.length : next;
    const name = text.slice(at, end).trim();
    if (name !== '') yield { line, name };
    at = end + 1;
  }
}

interface LostEntry {
  split: Split;
  entry: string;
}

function tellLost(
  reading: Reading,
  { path }: YoloClasses,
  { lost, areAllLost }: { lost: readonly LostEntry[]; areAllLost: boolean },
): void {
  const refused = lost.find(({ split }) => split !== 'test' || areAllLost);
  if (refused !== undefined) {
    throw new UserError(
      `${printable(path)} of ${reading.source.label} names "${printable(refused.entry)}" for ${refused.split}, which leads to no image: correct it (a folder, or a text file with the path of an image on each line), or take it out`,
    );
  }
  for (const { split, entry } of lost) {
    const detail = `${printable(path)} names "${printable(entry)}" for ${split}, which leads to no image`;
    report(reading, 'image_missing', detail, { image: null, split, treatment: 'none' });
  }
}
