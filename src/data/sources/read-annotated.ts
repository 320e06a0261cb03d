import { basename, extname, join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import { noBuildingLabel } from './building-label.ts';
import { byCodeUnit, isImageFile, listFiles } from './list-files.ts';
import { isCoco, readCoco } from './read-coco.ts';
import { readJson } from './read-json.ts';
import { isLabelme, type Labels, readLabelme } from './read-labelme.ts';
import { findLabelFiles, readYolo } from './read-yolo.ts';
import { createReading, type Reading, reportUnlisted, type SourceFolder } from './reading.ts';
import type { SourceContent, SourceSample } from './source-sample.ts';
import { splitOfFile } from './split-name.ts';
import { readYoloClasses, type YoloClasses } from './yolo-classes.ts';

/** The annotation file's name in Roboflow's COCO exports, and so in the hub data set. */
const COCO_NAME = '_annotations.coco.json';

/**
 * Reads a folder of annotated images in whatever dialect lies there:
 * - COCO: `_annotations.coco.json`, or, where none is called so, another JSON file that is COCO; one, or one for each
 *   split or folder
 * - Labelme: a JSON file for each image
 * - YOLO segmentation: `data.yaml` (or `classes.txt`) and label files
 *
 * Splits follow from folders called train, valid or val, and test, from names of COCO files, and from `data.yaml`.
 * @returns samples by name; images in no annotation are noted among the findings. Nothing is decoded or checked yet.
 * @throws UserError where there are no annotations, those of two dialects, or unreadable ones
 */
export async function readAnnotated(source: SourceFolder): Promise<SourceContent> {
  const files = await listFiles(source.folder, source.label);
  const reading = createReading(source, files.filter(isImageFile));
  const dialects = await findDialects(reading, files);
  const [dialect, other] = dialects;
  if (dialect === undefined) throw noAnnotations(source, files);
  if (other !== undefined) {
    throw new UserError(
      `${source.label} holds annotations of two kinds, ${dialect.name} (${printable(dialect.example)}) and ${other.name} (${printable(other.example)}): give each a folder of its own`,
    );
  }
  const samples = await dialect.read();
  reportUnlisted(reading);
  samples.sort((a, b) => byCodeUnit(a.name, b.name));
  return { samples, findings: reading.findings };
}

interface Dialect {
  name: 'COCO' | 'Labelme' | 'YOLO';
  /** A file by which it was known. */
  example: string;
  read: () => Promise<SourceSample[]>;
}

async function findDialects(reading: Reading, files: readonly string[]): Promise<Dialect[]> {
  const json = await readJsonFiles(reading, files);
  const dialects: Dialect[] = [];
  const coco = chooseCoco(reading, json.coco);
  if (coco[0] !== undefined) {
    dialects.push({ name: 'COCO', example: coco[0], read: () => readCocoFiles(reading, coco) });
  }
  if (json.labelme[0] !== undefined) {
    const read = async () => finishLabelme(reading, json);
    dialects.push({ name: 'Labelme', example: json.labelme[0], read });
  }
  const classes = await readYoloClasses(reading.source, files);
  const labels = findLabelFiles(files, reading.images, classes !== undefined);
  if (labels[0] !== undefined) {
    const read = () =>
      readYolo(reading, namedClasses(reading, classes, labels), { files, labelFiles: labels });
    dialects.push({ name: 'YOLO', example: labels[0], read });
  }
  return dialects;
}

interface JsonFiles {
  coco: string[];
  labelme: string[];
  samples: SourceSample[];
  labels: Labels;
}

/** Labelme's files are read at once, one by one: they may hold whole images, which would fill the memory. */
async function readJsonFiles(reading: Reading, files: readonly string[]): Promise<JsonFiles> {
  const found: JsonFiles = {
    coco: [],
    labelme: [],
    samples: [],
    labels: { others: new Set(), hasBuildings: false },
  };
  for (const path of files) {
    if (extname(path).toLowerCase() !== '.json') continue;
    if (basename(path) === COCO_NAME) {
      found.coco.push(path);
      continue;
    }
    const value = await readJsonOf(reading, path);
    if (isCoco(value)) found.coco.push(path);
    if (!isLabelme(value)) continue;
    found.labelme.push(path);
    const sample = await readLabelme(reading, path, value, found.labels);
    if (sample !== undefined) found.samples.push(sample);
  }
  return found;
}

async function readJsonOf({ source }: Reading, path: string): Promise<unknown> {
  source.signal?.throwIfAborted();
  return readJson(join(source.folder, path), `${printable(path)} of ${source.label}`);
}

function finishLabelme({ source }: Reading, { samples, labels }: JsonFiles): SourceSample[] {
  if (!labels.hasBuildings && labels.others.size > 0) throw noBuildingLabel(source.label, labels.others);
  return samples;
}

/** Those with Roboflow's name, where there are any. */
function chooseCoco({ source }: Reading, paths: readonly string[]): string[] {
  const named = paths.filter((path) => basename(path) === COCO_NAME);
  const chosen = named.length > 0 ? named : [...paths];
  const parts = new Map<string, string>();
  for (const path of chosen) {
    const part = `${path.slice(0, -basename(path).length)} ${splitOfFile(path)}`;
    const other = parts.get(part);
    if (other !== undefined) {
      throw new UserError(
        `${source.label} holds two COCO files for the same images, ${printable(other)} and ${printable(path)}: keep one, or call one ${COCO_NAME}`,
      );
    }
    parts.set(part, path);
  }
  return chosen;
}

async function readCocoFiles(reading: Reading, paths: readonly string[]): Promise<SourceSample[]> {
  const samples: SourceSample[] = [];
  for (const path of paths) {
    for (const sample of readCoco(reading, path, await readJsonOf(reading, path))) samples.push(sample);
  }
  return samples;
}

function namedClasses(
  { source }: Reading,
  classes: YoloClasses | undefined,
  labels: readonly string[],
): YoloClasses {
  if (classes !== undefined) return classes;
  throw new UserError(
    `${source.label} holds YOLO labels (${printable(labels[0]!)}) but nothing that names their classes: add data.yaml with "names: [building]"`,
  );
}

function noAnnotations({ label }: SourceFolder, files: readonly string[]): UserError {
  const images = files.filter(isImageFile).length;
  return new UserError(
    `${label} holds no annotations (found ${images} images and ${files.length - images} other files): expected COCO (${COCO_NAME}), Labelme (a JSON file for each image) or YOLO segmentation (data.yaml and labels/)`,
  );
}
