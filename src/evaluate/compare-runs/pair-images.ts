import { hash } from 'node:crypto';
import { rleToString } from '../../masks/rle.ts';
import { UserError } from '../../system/errors.ts';
import { createGiveWay } from '../../system/give-way.ts';
import { printable } from '../../system/printable.ts';
import type { EvaluatedImage } from '../images/detections.ts';
import type { Run } from './open-run.ts';

type Source = Pick<Run, 'folder'> & { files: Pick<Run['files'], 'images' | 'names' | 'categories'> };

/** The images that two runs have in common, each as the one and as the other found it. */
export interface PairedImages {
  /** As often as one likes, like the images of a run. */
  a: Iterable<EvaluatedImage>;
  /** The same images, with the ids that the first run has for them. */
  b: Iterable<EvaluatedImage>;
  count: number;
  /** Images that the other run has not. */
  onlyA: number;
  onlyB: number;
}

const SAME_DATA = 'measure both runs on the same prepared data with aerial inference';

const SAME_TRUTH = `figures can be compared only on the same ground truth: ${SAME_DATA}`;

/**
 * Pairs images by file name: where a tool has texts for ids, ours are only places in its set. Where names are there
 * twice, by id and file name.
 * @param signal ends it
 * @throws UserError where the categories or the buildings of an image differ, or where no image is in both; the signal's
 *   reason when it is aborted
 */
export async function pairImages(a: Source, b: Source, signal?: AbortSignal): Promise<PairedImages> {
  assertSameCategories(a, b);
  const giveWay = createGiveWay(signal);
  const { keyOf, keyName } = keysOf(a.files.names, b.files.names);
  const truths = new Map<string, Truth>();
  for (const image of a.files.images) {
    truths.set(keyOf(image), truthOf(image));
    await giveWay();
  }
  /** Ids of the first run, by key. */
  const common = new Map<string, number>();
  let onlyB = 0;
  for (const image of b.files.images) {
    const key = keyOf(image);
    const truth = truths.get(key);
    if (truth) {
      assertSameTruth(image, [truth, truthOf(image)], [a.folder, b.folder]);
      common.set(key, truth.id);
    } else onlyB++;
    await giveWay();
  }
  if (common.size === 0) {
    throw new UserError(
      `${a.folder} and ${b.folder} have no image in common, by ${keyName} (${truths.size} and ${onlyB} images): ${SAME_DATA}`,
    );
  }
  const commonOf = ({ files }: Source): Iterable<EvaluatedImage> => ({
    *[Symbol.iterator]() {
      for (const image of files.images) {
        const id = common.get(keyOf(image));
        if (id !== undefined) yield { ...image, id };
      }
    },
  });
  return {
    a: commonOf(a),
    b: commonOf(b),
    count: common.size,
    onlyA: truths.size - common.size,
    onlyB,
  };
}

function assertSameCategories(a: Source, b: Source): void {
  if (JSON.stringify(a.files.categories) === JSON.stringify(b.files.categories)) return;
  const [ofA, ofB] = [a, b].map(({ files }) => printable(files.categories.join(', ')));
  throw new UserError(`The categories differ: ${ofA} in ${a.folder}, ${ofB} in ${b.folder}; ${SAME_TRUTH}`);
}

interface Keys {
  keyOf: (image: EvaluatedImage) => string;
  /** For messages. */
  keyName: string;
}

function keysOf(namesA: readonly string[], namesB: readonly string[]): Keys {
  const areDistinct = [namesA, namesB].every((names) => new Set(names).size === names.length);
  return areDistinct
    ? { keyOf: ({ name }) => name, keyName: 'file name' }
    : { keyOf: ({ id, name }) => `${id} ${name}`, keyName: 'id and file name' };
}

interface Truth {
  id: number;
  buildings: number;
  /** Equal for equal buildings and crowd regions, in whatever order. */
  digest: string;
}

function truthOf({ id, width, height, truth }: EvaluatedImage): Truth {
  const lines = truth.map(({ box, area, crowd, category = 0, mask }) =>
    [...box, area, crowd, category, rleToString(mask)].join(' '),
  );
  return {
    id,
    buildings: truth.filter(({ crowd }) => !crowd).length,
    digest: hash('sha256', [width, height, ...lines.sort((x, y) => (x < y ? -1 : 1))].join('\n')),
  };
}

function assertSameTruth(
  { id, name }: EvaluatedImage,
  [a, b]: readonly [Truth, Truth],
  [folderA, folderB]: readonly [string, string],
): void {
  if (a.digest === b.digest) return;
  const how =
    a.buildings === b.buildings
      ? `the same number of buildings (${a.buildings}), but not the same outlines or crowd regions, in ${folderA} and ${folderB}`
      : `${a.buildings} buildings in ${folderA}, ${b.buildings} in ${folderB}`;
  throw new UserError(`The ground truth of image ${id} (${printable(name)}) differs: ${how}; ${SAME_TRUTH}`);
}
