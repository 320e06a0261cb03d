import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';

const id = z.union([z.number(), z.string()]);

/**
 * The part of COCO that is read, https://cocodataset.org/#format-data. `bbox` and `area` are not: both follow from
 * the polygons, and exporters get them wrong. Coordinates are checked building by building, so that one broken
 * outline costs one building and not the file.
 */
const cocoSchema = z.object({
  images: z.array(
    z.object({ id, file_name: z.string().min(1), width: z.int().positive(), height: z.int().positive() }),
  ),
  annotations: z.array(
    z.object({
      image_id: id,
      category_id: id,
      iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()], 'must be 0 or 1').nullish(),
      segmentation: z
        .union(
          [z.array(z.array(z.unknown())), z.object({ counts: z.unknown(), size: z.unknown() })],
          'must be a list of polygons [[x0, y0, x1, y1, ...], ...] or an RLE',
        )
        .nullish(),
    }),
  ),
  categories: z.array(z.object({ id, name: z.string() })),
});

export type CocoFile = z.infer<typeof cocoSchema>;
export type CocoImage = CocoFile['images'][number];
export type CocoAnnotation = CocoFile['annotations'][number];

/**
 * Reads an annotation file and checks its structure.
 * @param label what to call the file in a message, e.g. the zip that it came from
 * @throws UserError where it is not COCO JSON, naming the entry
 */
export async function readCocoFile(path: string, label: string): Promise<CocoFile> {
  const result = cocoSchema.safeParse(parseJson(await readFile(path, 'utf8'), label));
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new UserError(
      `${label} is not COCO: ${entryName(issue.path)} ${lowerFirst(issue.message)}; export the annotations again as COCO segmentation`,
    );
  }
  const seen = new Set<number | string>();
  for (const [index, image] of result.data.images.entries()) {
    if (seen.has(image.id)) {
      throw new UserError(
        `${label} is not COCO: images[${index}].id must be unique, got ${image.id} twice; export the annotations again as COCO segmentation`,
      );
    }
    seen.add(image.id);
  }
  return result.data;
}

/** JSON as Python writes it too: with a byte order mark, or with NaN and Infinity, which become null. */
function parseJson(text: string, label: string): unknown {
  const bare = text.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(bare);
  } catch (error) {
    const plain = bare.replace(/(?<=[[,:]\s*)(?:NaN|-?Infinity)(?=\s*[\],}])/g, 'null');
    if (plain !== bare) return parseJson(plain, label);
    throw new UserError(
      `${label} is not JSON (${(error as Error).message}); export the annotations again as COCO segmentation`,
      { cause: error },
    );
  }
}

function entryName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
