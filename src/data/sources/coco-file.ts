import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';

const id = z.union([z.number(), z.string()], 'must be a number or a text');

const fileSchema = z.object({
  images: z.array(z.unknown()),
  annotations: z.array(z.unknown()),
  categories: z.array(z.unknown()),
});

const imageSchema = z.object({
  id,
  file_name: z.string().min(1),
  width: z.unknown().optional(),
  height: z.unknown().optional(),
});

/** What outlines, boxes, areas and flags hold is checked building by building: a broken one costs one building and not the file. */
const annotationSchema = z.object({
  image_id: id,
  category_id: id.nullish(),
  iscrowd: z.unknown().optional(),
  segmentation: z.unknown().optional(),
  bbox: z.unknown().optional(),
  area: z.unknown().optional(),
});

const categorySchema = z.object({ id, name: z.string() });

/** The part of COCO that is read, https://cocodataset.org/#format-data. */
export interface CocoFile {
  images: z.infer<typeof imageSchema>[];
  annotations: z.infer<typeof annotationSchema>[];
  categories: z.infer<typeof categorySchema>[];
}

/**
 * Checks the structure of an annotation file; sizes and outlines are as they stand there.
 * @param value the parsed JSON
 * @param label what to call the file in a message
 * @throws UserError where it is not COCO, naming the first wrong entry
 */
export function parseCoco(value: unknown, label: string): CocoFile {
  const file = checked(fileSchema, value, [], label);
  // One by one, up to the first wrong one: a list of all that is wrong with a million entries would fill the memory.
  const images = file.images.map((image, i) => checked(imageSchema, image, ['images', i], label));
  const annotations = file.annotations.map((annotation, i) =>
    checked(annotationSchema, annotation, ['annotations', i], label),
  );
  const categories = file.categories.map((category, i) =>
    checked(categorySchema, category, ['categories', i], label),
  );
  assertUniqueIds(images, label);
  return { images, annotations, categories };
}

type Path = readonly PropertyKey[];

function checked<T>(schema: z.ZodType<T>, value: unknown, path: Path, label: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw notCoco(label, `${entryName([...path, ...issue.path])} ${lowerFirst(issue.message)}`);
}

function assertUniqueIds(images: CocoFile['images'], label: string): void {
  const seen = new Set<number | string>();
  for (const [index, { id }] of images.entries()) {
    if (seen.has(id))
      throw notCoco(label, `images[${index}].id must be unique, got ${printable(String(id))} twice`);
    seen.add(id);
  }
}

function notCoco(label: string, what: string): UserError {
  return new UserError(`${label} is not COCO: ${what}; export the annotations again as COCO segmentation`);
}

function entryName(path: Path): string {
  if (path.length === 0) return 'the file';
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
