import { UserError } from '../../system/errors.ts';
import {
  boxOfMask,
  fieldsOf,
  type Id,
  readArea,
  readBox,
  readCrowd,
  readId,
  readMask,
  shown,
} from './entry-fields.ts';
import { createInstanceStore, type InstanceStore } from './instance-store.ts';
import { createPlaces, type Places } from './places.ts';
import { type JsonEntry, readEntries } from './read-entries.ts';

/** An image of the ground truth. */
export interface TruthImage {
  id: Id;
  name: string;
  origin: string | null;
  width: number;
  height: number;
}

/** What a file of COCO instances says. */
export interface GroundTruthFile {
  path: string;
  /** In the order of their ids, as pycocotools goes through them. */
  images: Places<TruthImage>;
  /** In the order of their ids. */
  categories: Places<{ id: Id; name: string }>;
  /** Indices of the categories that annotations have. */
  annotated: Set<number>;
  instances: InstanceStore;
}

const EXPECTED =
  'COCO instances, {"images": [...], "annotations": [...], "categories": [...]}; predictions belong to --predictions';

/** Positions in a compressed mask are 31-bit numbers. */
const MOST_PIXELS = 2 ** 31 - 1;

/**
 * Reads the file twice, as outlines need the sizes of their images, which may come after them.
 * @param everyEntry called between entries, and waited for
 * @throws UserError naming the first wrong entry
 */
export async function readGroundTruth(
  path: string,
  everyEntry: () => Promise<void>,
): Promise<GroundTruthFile> {
  const images: TruthImage[] = [];
  const categories: { id: Id; name: string }[] = [];
  const found = new Set<string>();
  for (const entry of readEntries(path, { lists: ['images', 'categories'], expected: EXPECTED, found })) {
    if (entry.list === 'images') images.push(readImage(entry));
    else categories.push(readCategory(entry));
    await everyEntry();
  }
  for (const [key, list] of Object.entries({ images, categories })) {
    if (!found.has(key)) throw missing(path, key);
    if (list.length === 0)
      throw new UserError(`${path}: ${key} is an empty list: there is nothing to evaluate`);
  }
  const file = {
    path,
    images: createPlaces(images, {
      path,
      list: 'images',
      field: 'image_id',
      show: ({ id }) => shown(id),
    }),
    categories: createPlaces(categories, {
      path,
      list: 'categories',
      field: 'category_id',
      show: ({ id, name }) => `${shown(id)} ${shown(name)}`,
    }),
    annotated: new Set<number>(),
    instances: createInstanceStore(),
  };
  for (const entry of readEntries(path, { lists: ['annotations'], expected: EXPECTED, found })) {
    addAnnotation(file, entry);
    await everyEntry();
  }
  if (!found.has('annotations')) throw missing(path, 'annotations');
  return file;
}

function missing(path: string, key: string): UserError {
  return new UserError(`${path} has no list "${key}": expected ${EXPECTED}`);
}

function readImage(entry: JsonEntry): TruthImage {
  const { fields, fault } = fieldsOf(entry);
  const { id, width, height, file_name: name, origin } = fields;
  const ownId = readId(id, fault);
  if (!isLength(width) || !isLength(height) || width * height > MOST_PIXELS) {
    const got = `${shown(width)} and ${shown(height)}`;
    throw fault(
      `width and height must be whole numbers > 0, at most ${MOST_PIXELS} pixels, got ${got}: mend them`,
    );
  }
  return {
    id: ownId,
    name: typeof name === 'string' ? name : String(ownId),
    origin: typeof origin === 'string' ? origin : null,
    width,
    height,
  };
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function readCategory(entry: JsonEntry): { id: Id; name: string } {
  const { fields, fault } = fieldsOf(entry);
  const { name } = fields;
  const id = readId(fields.id, fault);
  return { id, name: typeof name === 'string' ? name : String(id) };
}

function addAnnotation(
  { images, categories, annotated, instances }: GroundTruthFile,
  entry: JsonEntry,
): void {
  const { fields, fault } = fieldsOf(entry);
  const image = images.indexOf(fields.image_id, fault);
  const category = categories.indexOf(fields.category_id, fault);
  const { height, width } = images.list[image]!;
  const mask = readMask(fields.segmentation, [height, width], fault);
  annotated.add(category);
  instances.add({
    image,
    category,
    bbox: readBox(fields.bbox, fault) ?? boxOfMask(mask),
    value: readArea(fields.area, mask, fault),
    crowd: readCrowd(fields.iscrowd, fault),
    mask,
  });
}
