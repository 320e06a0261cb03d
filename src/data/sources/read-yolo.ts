import { extname, join, posix } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import type { Split } from '../prepared.ts';
import { isBuildingLabel, noBuildingLabel } from './building-label.ts';
import { readBytes } from './read-text.ts';
import { type Reading, report, toSample } from './reading.ts';
import type { SourceAnnotation, SourceSample } from './source-sample.ts';
import { splitOfFolders } from './split-name.ts';
import { isClassList, type YoloClasses } from './yolo-classes.ts';
import { parseYoloLabels, type YoloLine } from './yolo-labels.ts';
import { readYoloSplits } from './yolo-splits.ts';

/** Most bytes of a label file: ten thousand buildings. */
const MOST_LABEL_BYTES = 4 * 1024 ** 2;

/**
 * @param files of the source, below its folder
 * @returns those that YOLO's convention makes label files: in a folder `labels`, or, where classes are named, beside an
 *   image of the same name
 */
export function findLabelFiles(
  files: readonly string[],
  images: ReadonlySet<string>,
  areClassesNamed: boolean,
): string[] {
  const besideImages = new Set(
    areClassesNamed ? [...images].map((image) => `${withoutExtension(image)}.txt`) : [],
  );
  return files.filter(
    (path) =>
      extname(path).toLowerCase() === '.txt' &&
      !isClassList(path) &&
      (path.split('/').slice(0, -1).includes('labels') || besideImages.has(path)),
  );
}

/**
 * The images of a YOLO segmentation data set with their buildings, https://docs.ultralytics.com/datasets/segment.
 * Labels lie in `labels/` where images lie in `images/`, or beside the images. As there, an empty label file says that
 * there are no buildings, and so does a missing one, if others in the same place have one; images of the same name but
 * for the extension share theirs. Splits follow from `data.yaml`, or else from the names of the folders.
 * @param files of the source, below its folder; `labelFiles` are those that may be labels
 * @throws UserError where no class is called building, or `data.yaml` names images that are not there
 */
export async function readYolo(
  reading: Reading,
  classes: YoloClasses,
  { files, labelFiles }: { files: readonly string[]; labelFiles: readonly string[] },
): Promise<SourceSample[]> {
  if (![...classes.names.values()].some(isBuildingLabel)) {
    throw noBuildingLabel(`${printable(classes.path)} of ${reading.source.label}`, classes.names.values());
  }
  const { splitOf, lists } = reading.source.isOneSplit
    ? { splitOf: () => null, lists: new Set<string>() }
    : await readYoloSplits(reading, classes, files);
  const labels = new Set(labelFiles.filter((path) => !lists.has(path)));
  const labelled = new Set([...labels].map((path) => posix.dirname(path)));
  const used = new Set<string>();
  const samples: (SourceSample | undefined)[] = [];
  for (const image of reading.images) {
    const candidates = labelPlaces(image);
    const path = candidates.find((place) => labels.has(place));
    if (path !== undefined) used.add(path);
    // Nobody annotates in this place: it is no image without buildings.
    if (path === undefined && !candidates.some((place) => labelled.has(posix.dirname(place)))) continue;
    const split = splitOf(image);
    if (split === undefined) {
      reportOutsideLists(reading, image);
      continue;
    }
    const annotations = path === undefined ? [] : await readLabels({ reading, classes, path, image, split });
    samples.push(
      toSample(reading, { place: image, name: image, size: null, split, annotations, entry: path ?? image }),
    );
  }
  for (const path of labels) {
    if (used.has(path)) continue;
    report(reading, 'image_missing', 'labels without an image', { image: path, split: splitOfFolders(path) });
  }
  return samples.filter((sample) => sample !== undefined);
}

function reportOutsideLists(reading: Reading, image: string): void {
  reading.listed.add(image);
  report(reading, 'image_unlisted', 'in no list of its data.yaml', { image, split: splitOfFolders(image) });
}

function withoutExtension(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

/** Where the labels of an image may lie: the last folder `images` called `labels`, or beside it. */
function labelPlaces(image: string): string[] {
  const label = `${withoutExtension(image)}.txt`;
  const parts = label.split('/');
  const last = parts.lastIndexOf('images', parts.length - 2);
  return last < 0 ? [label] : [parts.with(last, 'labels').join('/'), label];
}

interface LabelFile {
  reading: Reading;
  classes: YoloClasses;
  path: string;
  image: string;
  split: Split | null;
}

async function readLabels({ reading, classes, path, image, split }: LabelFile): Promise<SourceAnnotation[]> {
  const { folder, label, signal } = reading.source;
  signal?.throwIfAborted();
  const name = `${printable(path)} of ${label}`;
  const bytes = await readBytes(join(folder, path), name);
  if (bytes.length > MOST_LABEL_BYTES) {
    throw new UserError(
      `${name} has ${bytes.length} bytes, and labels of an image at most ${MOST_LABEL_BYTES}: export the data set again`,
    );
  }
  const annotations: SourceAnnotation[] = [];
  for (const line of parseYoloLabels(bytes.toString('utf8'))) {
    const entry = `line ${line.line}`;
    const fault = faultOf(line, classes);
    const isLost = line.ring === null || (fault !== undefined && !fault.isMended);
    const place = { image, split, entry, treatment: isLost ? 'dropped' : 'repaired' } as const;
    if (fault !== undefined) report(reading, fault.kind, fault.detail, place);
    if (line.ring === null || isLost) continue;
    const outline = { kind: 'polygons', rings: [line.ring], unit: 'shares' } as const;
    annotations.push({ entry, outline, crowd: false, box: null, area: null });
  }
  return annotations;
}

interface LineFault {
  kind: 'annotation_malformed' | 'annotation_shape' | 'annotation_category' | 'annotation_other';
  detail: string;
  isMended?: boolean;
}

/** What another class is says more than how it is drawn. */
function faultOf(line: YoloLine, { names }: YoloClasses): LineFault | undefined {
  const name = names.get(line.class);
  if (name !== undefined && !isBuildingLabel(name)) {
    return { kind: 'annotation_other', detail: `of class "${printable(name)}"` };
  }
  if (line.fault !== undefined || name !== undefined) return line.fault;
  const isMended = [...names.values()].every(isBuildingLabel);
  return { kind: 'annotation_category', detail: `no class has the number ${line.class}`, isMended };
}
