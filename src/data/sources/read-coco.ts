import { posix } from 'node:path';
import { printable } from '../../system/printable.ts';
import type { Split } from '../prepared.ts';
import { isBuildingLabel, noBuildingLabel } from './building-label.ts';
import { type CocoFile, parseCoco } from './coco-file.ts';
import { imagePlace } from './image-place.ts';
import { byCodeUnit } from './list-files.ts';
import { type Reading, report, sizeOf, toSample } from './reading.ts';
import type { SourceAnnotation, SourceOutline, SourceSample } from './source-sample.ts';
import { splitOfFile, splitOfFolders } from './split-name.ts';

/** Whether parsed JSON looks like COCO. */
export function isCoco(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'images' in value && 'annotations' in value;
}

/**
 * The images of a COCO file with their buildings.
 *
 * Categories: those named "building" or "buildings" count, whatever their ids: the hub's data set counts from 0, COCO
 * from 1, and a raw Roboflow export begins with a placeholder (id 0, supercategory "none", often of the same name) that
 * no annotation refers to and that therefore does no harm.
 * @param path of the file below the source's folder
 * @param value its parsed JSON
 * @throws UserError where it is not COCO, or has no category of buildings
 */
export function readCoco(reading: Reading, path: string, value: unknown): SourceSample[] {
  const label = `${printable(path)} of ${reading.source.label}`;
  const coco = parseCoco(value, label);
  const images = placeImages(reading, path, coco);
  const buildings = buildingsByImage(reading, coco, images, label);
  const samples = coco.images.map(({ id, width, height }, i) => {
    const annotations = buildings.get(id) ?? [];
    const [placed, size, entry] = [images.get(id)!, sizeOf(width, height), `images[${i}]`];
    if (size === null && (width ?? height ?? null) !== null) {
      const { name: image, split } = placed;
      const detail = `the annotations say ${shown(width)} x ${shown(height)} pixels, which is no size: that of the file counts`;
      report(reading, 'image_size', detail, { image, split, entry, treatment: 'repaired' });
    }
    return toSample(reading, { ...placed, size, annotations, entry });
  });
  return samples.filter((sample) => sample !== undefined);
}

type Id = number | string;

interface PlacedImage {
  place: string | null;
  name: string;
  split: Split | null;
}

function placeImages(reading: Reading, path: string, coco: CocoFile): Map<Id, PlacedImage> {
  const [split, folders] = [splitOfFile(path), imageFolders(reading, path)];
  return new Map(
    coco.images.map(({ id, file_name: calledName }) => {
      const place = imagePlace(calledName, folders, reading.images);
      const name = place ?? calledName;
      return [id, { place, name, split: split ?? splitOfFolders(name) }];
    }),
  );
}

function buildingsByImage(
  reading: Reading,
  coco: CocoFile,
  images: ReadonlyMap<Id, PlacedImage>,
  label: string,
): Map<Id, SourceAnnotation[]> {
  const categoryOf = createCategoryTest(coco, label);
  const byImage = new Map<Id, SourceAnnotation[]>();
  for (const [i, annotation] of coco.annotations.entries()) {
    const entry = `annotations[${i}]`;
    const image = images.get(annotation.image_id);
    if (image === undefined) {
      const detail = `no image has the id ${printable(String(annotation.image_id))}`;
      report(reading, 'annotation_orphan', detail, { image: null, split: null, entry });
      continue;
    }
    const category = categoryOf(annotation.category_id);
    if (category.fault !== undefined) {
      const treatment = category.isBuilding ? 'repaired' : 'dropped';
      report(reading, category.fault, category.detail, {
        image: image.name,
        split: image.split,
        entry,
        treatment,
      });
    }
    if (!category.isBuilding) continue;
    const outline = outlineOf(annotation.segmentation);
    const { bbox: box = null, area = null } = annotation;
    const crowd = CROWD_FLAGS.get(annotation.iscrowd ?? 0);
    if (crowd === undefined) {
      const detail = `its iscrowd is ${shown(annotation.iscrowd)}, not 0 or 1: it is taken for a crowd region`;
      const { name, split } = image;
      report(reading, 'annotation_malformed', detail, { image: name, split, entry, treatment: 'repaired' });
    }
    // What may be several buildings shall count neither as hit nor as miss.
    const building = { entry, outline, crowd: crowd ?? true, box, area };
    const ofImage = byImage.get(annotation.image_id);
    if (ofImage === undefined) byImage.set(annotation.image_id, [building]);
    else ofImage.push(building);
  }
  return byImage;
}

type Category =
  | { isBuilding: true; fault?: undefined }
  | { isBuilding: boolean; fault: 'annotation_category' | 'annotation_other'; detail: string };

function createCategoryTest(coco: CocoFile, label: string): (id: Id | null | undefined) => Category {
  const names = new Map(coco.categories.map(({ id, name }) => [id, name]));
  const allNames = coco.categories.map(({ name }) => name);
  if (coco.annotations.length > 0 && !allNames.some(isBuildingLabel)) throw noBuildingLabel(label, allNames);
  // Where all that there is are buildings, a wrong id can mean nothing else.
  const isOnlyBuildings = allNames.every(isBuildingLabel);
  return (id) => {
    const name = names.get(id ?? '');
    if (name === undefined) {
      const detail = `no category has the id ${printable(String(id))}`;
      return { isBuilding: isOnlyBuildings, fault: 'annotation_category', detail };
    }
    if (isBuildingLabel(name)) return { isBuilding: true };
    return { isBuilding: false, fault: 'annotation_other', detail: `of category "${printable(name)}"` };
  };
}

const CROWD_FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...([0, '0', false] as const).map((flag) => [flag, false] as const),
  ...([1, '1', true] as const).map((flag) => [flag, true] as const),
]);

/**
 * An outline without a ring says that there is none. A flat list [x0, y0, ...], as some programs write it, is one ring, and
 * so is whatever else is no list of rings, for the doctor to refuse. Nothing is copied: outlines are nearly all of the file.
 */
function outlineOf(segmentation: unknown): SourceOutline {
  const polygons = (rings: readonly (readonly unknown[])[]) =>
    ({ kind: 'polygons', rings, unit: 'pixels' }) as const;
  if (Array.isArray(segmentation)) {
    return polygons(segmentation.every(Array.isArray) ? segmentation : [segmentation]);
  }
  if (segmentation === null || segmentation === undefined) return polygons([]);
  if (typeof segmentation !== 'object') return polygons([[segmentation]]);
  const { counts, size } = segmentation as { counts?: unknown; size?: unknown };
  return { kind: 'rle', counts, size };
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'a list or an object' : printable(String(value));
}

/**
 * Images lie beside the annotation file or in `images/` beside it. Of a file in a folder `annotations`, they lie anywhere
 * in the folder around it that is not another split's.
 */
function imageFolders(reading: Reading, path: string): string[] {
  const own = posix.dirname(path);
  const folders = [own, posix.join(own, 'images')];
  if (posix.basename(own) === 'annotations') folders.push(...foldersAround(reading, own, splitOfFile(path)));
  return folders;
}

function foldersAround(reading: Reading, own: string, split: Split | null): string[] {
  const around = posix.dirname(own);
  const folders = new Set([...reading.images].map((image) => posix.dirname(image)));
  return [...folders]
    .filter((folder) => around === '.' || folder === around || folder.startsWith(`${around}/`))
    .filter((folder) => (splitOfFolders(`${folder}/`) ?? split) === split)
    .sort(byCodeUnit);
}
