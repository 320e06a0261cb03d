import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, type TestContext } from 'vitest';
import type { CocoMetrics } from '../../../src/evaluate/coco/coco-figures.ts';
import { openCocoFiles } from '../../../src/evaluate/coco-files/open-coco-files.ts';
import type { EvaluatedImage, ImageBox } from '../../../src/evaluate/images/detections.ts';
import type { Metrics } from '../../../src/evaluate/metrics.ts';
import { type Rle, rleToString } from '../../../src/masks/rle.ts';
import { createRandom } from '../../../src/system/random.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { randomImages } from '../random-images.ts';
import { writeCoco } from './coco-folder.ts';

const tempFolder = useTempFolders();
const PROGRAM = resolve(import.meta.dirname, '../../../bin/aerial.js');
const REFERENCE = join(import.meta.dirname, 'reference.py');

/** A Python with numpy and pycocotools: the one named by COCO_PYTHON, else python3. */
const python = process.env.COCO_PYTHON ?? 'python3';
const hasPycocotools = spawnSync(python, ['-c', 'import numpy, pycocotools.cocoeval']).status === 0;

function skipWithoutPycocotools(context: TestContext): void {
  if (hasPycocotools) return;
  context.skip(
    `${python} has no pycocotools: pip install numpy pycocotools==2.0.11, or name a Python in COCO_PYTHON`,
  );
}

const CATEGORY_IDS = [7, 0, 3];
const MAX_DETECTIONS = 15;

/** Truth as other tools write it: every kind of mask, lists and ids in no order, images and categories without buildings. */
function truthFile(images: readonly EvaluatedImage[], seed: number) {
  const random = createRandom('truth file', seed);
  const annotations = images.flatMap(({ id, truth }) =>
    truth.map(({ box, area, crowd, category = 0, mask }) => ({
      image_id: id,
      category_id: CATEGORY_IDS[category]!,
      iscrowd: crowd ? 1 : 0,
      area,
      bbox: bboxOf({ box }),
      segmentation: [polygonsOf(box), runsOf(mask), textOf(mask)][random.int(3)],
    })),
  );
  return {
    annotations: random.shuffle(annotations).map((annotation, i) => ({ id: 2 * i + 1, ...annotation })),
    categories: CATEGORY_IDS.map((id) => ({ id, name: `category ${id}` })),
    images: random
      .shuffle(images)
      .map(({ id, name, height, width }) => ({ id, file_name: name, height, width })),
  };
}

const bboxOf = ({ box: [y1, x1, y2, x2] }: ImageBox) => [x1, y1, x2 - x1, y2 - y1];
const textOf = (mask: Rle) => ({ size: mask.size, counts: rleToString(mask) });
const runsOf = (mask: Rle) => ({ size: mask.size, counts: [...mask.counts] });

/** Two overlapping triangles. */
function polygonsOf([y1, x1, y2, x2]: ImageBox['box']): number[][] {
  const x = (x1 + x2) / 2;
  return [
    [x1, y1, x2, y1, x, y2],
    [x1, y2, x, y1, x2, y2],
  ];
}

/** @param fieldsOf what a result has besides image, category and score */
function resultsFile(images: readonly EvaluatedImage[], fieldsOf: (box: ImageBox, mask: Rle) => object) {
  return images.flatMap(({ id, detections }) =>
    detections.map(({ box, score, category = 0, mask }) => ({
      image_id: id,
      category_id: CATEGORY_IDS[category]!,
      score,
      ...fieldsOf({ box }, mask),
    })),
  );
}

type Instances = Record<string, [number[], number, string][]>;
type Reference = Record<'truth' | 'detections', Instances> & Record<'mask' | 'box', CocoMetrics>;

/** @returns what pycocotools says, and what `aerial evaluate` does */
async function measure(paths: ReturnType<typeof writeCoco>) {
  const { groundTruth, predictions } = paths;
  const { stdout } = await execa(python, [REFERENCE, groundTruth, predictions, String(MAX_DETECTIONS)]);
  const reference = JSON.parse(stdout) as Reference;
  const flags = ['--max-detections', String(MAX_DETECTIONS), '--resamples', '0', '--json'];
  const files = ['--ground-truth', groundTruth, '--predictions', predictions];
  const run = await execa(process.execPath, [PROGRAM, 'evaluate', ...files, ...flags]);
  return { reference, metrics: JSON.parse(run.stdout) as Metrics };
}

async function readInstances(paths: ReturnType<typeof writeCoco>) {
  const { images } = await openCocoFiles(paths);
  const of = (kind: 'truth' | 'detections'): Instances =>
    Object.fromEntries(
      [...images].map((image) => [
        image.id,
        image[kind].map((one) => {
          const [y, x] = one.box;
          const [height, width] = one.sides!;
          const value = 'score' in one ? one.score : one.area;
          return [[x, y, width, height], value, rleToString(one.mask)];
        }),
      ]),
    );
  return { truth: of('truth'), detections: of('detections') };
}

const close = (figures: Partial<CocoMetrics>) =>
  Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [key, value === null ? null : expect.closeTo(value, 9)]),
  );
/** pycocotools classes masks by the areas of boxes where there are some, and boxes by those of masks where there are none. */
const overall = ({ ap, ap50, ap75, ar, ar_1, ar_10 }: CocoMetrics) => ({ ap, ap50, ap75, ar, ar_1, ar_10 });

describe('aerial evaluate, beside pycocotools', { timeout: 120_000 }, () => {
  it('reads the same from results with masks, and has the same figures', async (context) => {
    skipWithoutPycocotools(context);
    for (const seed of [1, 2, 3]) {
      const images = randomImages(seed, { images: 15, instances: 25, size: 150, categories: 3 });
      const predictions = resultsFile(images, (_, mask) => ({ segmentation: textOf(mask) }));
      const paths = writeCoco(await tempFolder(), { truth: truthFile(images, seed), predictions });
      const { reference, metrics } = await measure(paths);
      const { truth, detections, mask, box } = reference;
      expect(await readInstances(paths)).toEqual({ truth, detections });
      expect(metrics.mask).toEqual(close(mask));
      expect(overall(metrics.box)).toEqual(close(overall(box)));
    }
  });

  it('reads the same from results with boxes and polygons, and from boxes alone', async (context) => {
    skipWithoutPycocotools(context);
    const images = randomImages(4, { images: 15, instances: 25, size: 150, categories: 3 });
    for (const fieldsOf of [
      (box: ImageBox) => ({ bbox: bboxOf(box), segmentation: polygonsOf(box.box) }),
      (box: ImageBox) => ({ bbox: bboxOf(box) }),
    ]) {
      const predictions = resultsFile(images, fieldsOf);
      const paths = writeCoco(await tempFolder(), { truth: truthFile(images, 4), predictions });
      const { reference, metrics } = await measure(paths);
      const { truth, detections, mask, box } = reference;
      expect(await readInstances(paths)).toEqual({ truth, detections });
      expect(metrics.box).toEqual(close(box));
      expect(overall(metrics.mask)).toEqual(close(overall(mask)));
    }
  });
});
