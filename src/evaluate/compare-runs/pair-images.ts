import { hash } from 'node:crypto';
import { rleToString } from '../../masks/rle.ts';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import type { EvaluatedImage } from '../images/detections.ts';
import type { Run } from './open-run.ts';

type Source = Pick<Run, 'folder'> & { files: Pick<Run['files'], 'images' | 'categories'> };

/** The images that two runs have in common, each as the one and as the other found it. */
export interface PairedImages {
  /** As often as one likes, like the images of a run. */
  a: Iterable<EvaluatedImage>;
  b: Iterable<EvaluatedImage>;
  count: number;
  /** Images that the other run has not. */
  onlyA: number;
  onlyB: number;
}

const SAME_DATA = 'measure both runs on the same prepared data with aerial inference';

const SAME_TRUTH = `figures can be compared only on the same ground truth: ${SAME_DATA}`;

/**
 * Pairs images by id and file name.
 * @throws UserError where the categories or the buildings of an image differ, or where no image is in both
 */
export function pairImages(a: Source, b: Source): PairedImages {
  assertSameCategories(a, b);
  const truths = new Map<string, Truth>();
  for (const image of a.files.images) truths.set(keyOf(image), truthOf(image));
  const common = new Set<string>();
  let onlyB = 0;
  for (const image of b.files.images) {
    const key = keyOf(image);
    const truth = truths.get(key);
    if (truth) {
      assertSameTruth(image, [truth, truthOf(image)], [a.folder, b.folder]);
      common.add(key);
    } else onlyB++;
  }
  if (common.size === 0) {
    throw new UserError(
      `${a.folder} and ${b.folder} have no image in common, by id and file name (${truths.size} and ${onlyB} images): ${SAME_DATA}`,
    );
  }
  return {
    a: only(a.files.images, common),
    b: only(b.files.images, common),
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

function keyOf({ id, name }: EvaluatedImage): string {
  return `${id} ${name}`;
}

interface Truth {
  buildings: number;
  /** Equal for equal buildings and crowd regions, in whatever order. */
  digest: string;
}

function truthOf({ width, height, truth }: EvaluatedImage): Truth {
  const lines = truth.map(({ box, area, crowd, category = 0, mask }) =>
    [...box, area, crowd, category, rleToString(mask)].join(' '),
  );
  return {
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

function only(images: Iterable<EvaluatedImage>, keys: ReadonlySet<string>): Iterable<EvaluatedImage> {
  return {
    *[Symbol.iterator]() {
      for (const image of images) if (keys.has(keyOf(image))) yield image;
    },
  };
}
