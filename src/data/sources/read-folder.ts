import { basename } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { cleanOutline, type Frame, type Outline } from './building-outline.ts';
import { type CocoAnnotation, type CocoFile, type CocoImage, readCocoFile } from './coco-file.ts';
import { countDropped, type Dropped, type DropReason } from './dropped.ts';
import { ANNOTATIONS_FILE, findSourceFiles } from './find-files.ts';

/** An image of a source with its cleaned buildings, before it is stored. */
export interface SourceImage {
  /** Where the file lies now. */
  file: string;
  /** Base name to store it under, if nothing else has it. */
  name: string;
  /** As the annotations say; pixels. */
  width: number;
  height: number;
  /** Name of the source, see PreparedImage. */
  origin: string;
  /** The file is ours: it may be moved instead of copied. */
  temporary: boolean;
  buildings: Outline[];
}

export interface SourceSplit {
  images: SourceImage[];
  dropped: Dropped;
}

/** A folder in COCO's layout, and how to speak of it. */
export interface SourceFolder {
  folder: string;
  /** For messages: the zip that it came from, or the folder as the user wrote it. */
  label: string;
  origin: string;
  temporary: boolean;
}

/**
 * Reads a folder of images with COCO annotations. Images are sorted by name; those without buildings stay, as
 * negatives. Whether a file decodes and has the size that the annotations say is not checked here (`checkImages`).
 * @param minArea square pixels; smaller buildings are dropped
 */
export async function readSourceFolder(source: SourceFolder, minArea: number): Promise<SourceSplit> {
  const files = await findSourceFiles(source.folder, source.label);
  const coco = await readCocoFile(files.annotations, `${ANNOTATIONS_FILE} of ${source.label}`);
  const dropped: Dropped = {};
  const annotations = annotationsByImage(coco, source.label, dropped);
  const images: SourceImage[] = [];
  const taken = new Set<string>();
  for (const entry of sortedByFileName(coco.images)) {
    const own = annotations.get(entry.id) ?? [];
    const place = imagePlace(entry.file_name, files.images);
    if (place === undefined || taken.has(place)) {
      countDropped(dropped, place === undefined ? 'image: file is missing' : 'image: listed twice');
      countDropped(dropped, 'building: of a dropped image', own.length);
      continue;
    }
    taken.add(place);
    const { width, height } = entry;
    const { origin, temporary } = source;
    const buildings = cleanBuildings(own, entry, minArea, dropped);
    const file = files.images.get(place)!;
    images.push({ file, name: basename(place), width, height, origin, temporary, buildings });
  }
  countDropped(dropped, 'file: image without an entry in the annotations', files.images.size - taken.size);
  return { images, dropped };
}

/** The annotations of buildings, by image; all others are counted. */
function annotationsByImage(
  coco: CocoFile,
  label: string,
  dropped: Dropped,
): Map<number | string, CocoAnnotation[]> {
  const buildingCategories = buildingCategoryIds(coco, label);
  const byImage = new Map<number | string, CocoAnnotation[]>(coco.images.map((image) => [image.id, []]));
  for (const annotation of coco.annotations) {
    const ofImage = byImage.get(annotation.image_id);
    if (!buildingCategories.has(annotation.category_id)) countDropped(dropped, 'annotation: not a building');
    else if (ofImage === undefined) countDropped(dropped, 'building: of an image that is not listed');
    else ofImage.push(annotation);
  }
  return byImage;
}

/**
 * The categories called "building" or "buildings", whatever their ids: the hub data set counts from 0, COCO from 1,
 * and a raw Roboflow export puts a placeholder first (id 0, often of the same name), which no annotation refers to
 * and which therefore does no harm here.
 */
function buildingCategoryIds(coco: CocoFile, label: string): Set<number | string> {
  const isBuilding = (name: string) => /^buildings?$/i.test(name.trim());
  const ids = new Set(coco.categories.filter(({ name }) => isBuilding(name)).map(({ id }) => id));
  if (ids.size === 0 && coco.annotations.length > 0) {
    const names = coco.categories.map(({ name }) => `"${name}"`).join(', ') || 'none';
    throw new UserError(
      `${ANNOTATIONS_FILE} of ${label} has no category "building", only ${names}: rename the category that means buildings`,
    );
  }
  return ids;
}

/** By code unit, not by locale: the same order on every machine. */
function sortedByFileName(images: readonly CocoImage[]): CocoImage[] {
  return [...images].sort((a, b) => (a.file_name < b.file_name ? -1 : a.file_name > b.file_name ? 1 : 0));
}

/** Beside the annotation file, or in `images/`. Only files that were found are named, so no entry can lead outside. */
function imagePlace(fileName: string, images: ReadonlyMap<string, string>): string | undefined {
  const name = fileName.replaceAll('\\', '/').replace(/^\.\//, '');
  return [name, `images/${name}`].find((place) => images.has(place));
}

function cleanBuildings(
  annotations: readonly CocoAnnotation[],
  frame: Frame,
  minArea: number,
  dropped: Dropped,
): Outline[] {
  const buildings: Outline[] = [];
  for (const annotation of annotations) {
    const outline = readOutline(annotation, frame, minArea);
    if (typeof outline === 'string') countDropped(dropped, outline);
    else buildings.push(outline);
  }
  return buildings;
}

function readOutline(annotation: CocoAnnotation, frame: Frame, minArea: number): Outline | DropReason {
  if (annotation.iscrowd) return 'building: crowd region';
  const { segmentation } = annotation;
  if (segmentation && !Array.isArray(segmentation)) return 'building: RLE instead of polygons';
  return cleanOutline(segmentation ?? [], frame, minArea);
}
