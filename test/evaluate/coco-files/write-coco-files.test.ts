import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCocoFiles } from '../../../src/evaluate/coco-files/open-coco-files.ts';
import { writeGroundTruth, writePredictions } from '../../../src/evaluate/coco-files/write-coco-files.ts';
import { evaluateImages } from '../../../src/evaluate/evaluate-images.ts';
import type { EvaluatedImage, ImageBox } from '../../../src/evaluate/images/detections.ts';
import { truthOf } from '../../../src/evaluate/images/truth.ts';
import { rleFromPolygons } from '../../../src/masks/rle-from-polygons.ts';
import { createRandom } from '../../../src/system/random.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { randomImages } from '../random-images.ts';

const tempFolder = useTempFolders();
const NAMES = ['building', 'greenhouse', 'tent'];

async function write(images: readonly EvaluatedImage[], categories?: readonly string[]) {
  const folder = await tempFolder();
  const paths = {
    groundTruth: join(folder, 'ground_truth.json'),
    predictions: join(folder, 'predictions.json'),
  };
  await writeGroundTruth(paths.groundTruth, images, categories);
  await writePredictions(paths.predictions, images);
  return paths;
}

/** As COCO has it: [x, y, width, height]. */
function cocoBox({ box: [y1, x1, y2, x2], sides = [y2 - y1, x2 - x1] }: ImageBox) {
  return [x1, y1, sides[1], sides[0]];
}

/** All that a COCO file says of images, in the order of their ids. */
function contentOf(images: Iterable<EvaluatedImage>) {
  const plain = <I extends ImageBox & { category?: number }>({ box, sides, category = 0, ...rest }: I) => ({
    ...rest,
    category,
    bbox: cocoBox({ box, ...(sides && { sides }) }),
  });
  return [...images]
    .map(({ truth, detections, ...image }) => ({
      ...image,
      truth: truth.map(plain),
      detections: detections.map(plain),
    }))
    .sort((a, b) => a.id - b.id);
}

describe('writeGroundTruth and writePredictions', () => {
  it('write what openCocoFiles reads as the same, to the last bit, with the same figures', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const categories = 1 + (seed % 3);
      const images = randomImages(seed, { images: 12, instances: 20, size: 120, categories });
      const paths = await write(images, NAMES.slice(0, categories));
      const files = await openCocoFiles(paths);
      expect(contentOf(files.images)).toEqual(contentOf(images));
      expect([files.categories, files.count]).toEqual([NAMES.slice(0, categories), 12]);
      for (const { box, sides } of [...files.images].flatMap(({ truth }) => truth)) {
        expect(box[2] - box[0]).toBeCloseTo(sides![0], 9);
        expect(box[3] - box[1]).toBeCloseTo(sides![1], 9);
      }
      const options = {
        maxDetections: 10,
        scoreThreshold: seed % 2 === 0 ? null : 0.4,
        categories,
        resamples: 20,
        seed,
      };
      const [read, held] = [
        await evaluateImages(files.images, options),
        await evaluateImages(images, options),
      ];
      expect(read.metrics).toEqual(held.metrics);
      expect(read.curves).toEqual(held.curves);
    }
  });

  it('keep the truth of prepared images: masks, areas and boxes', async () => {
    const random = createRandom('prepared truth');
    const coordinate = () => Math.round(random.uniform(-5, 105) * 100) / 100;
    const ring = () => Array.from({ length: 6 + 2 * random.int(4) }, coordinate);
    const images = Array.from({ length: 30 }, (_, i): EvaluatedImage => {
      const buildings = Array.from({ length: random.int(6) }, (_, id) => {
        const polygons = [ring(), ring()];
        const [xs, ys] = [0, 1].map((axis) =>
          polygons.flatMap((values) => values.filter((_, at) => at % 2 === axis)),
        );
        const box = [
          Math.min(...ys!),
          Math.min(...xs!),
          Math.max(...ys!),
          Math.max(...xs!),
        ] as ImageBox['box'];
        return { id, polygons, box, area: random.uniform(0, 1e4) };
      });
      const size = { width: 100, height: 80 };
      const truth = truthOf({ ...size, buildings, crowds: random.next() < 0.3 ? [[ring()]] : [] });
      return {
        id: 30 - i,
        name: `${i}.png`,
        origin: i % 2 === 0 ? 'hub' : null,
        ...size,
        truth,
        detections: [],
      };
    });
    const { images: read } = await openCocoFiles(await write(images));
    expect(contentOf(read)).toEqual(contentOf(images));
  });

  it('write plain COCO', async () => {
    const mask = rleFromPolygons([[2, 1, 6, 1, 6, 4, 2, 4]], 8, 10);
    const truth = { box: [1, 2, 4, 6], area: 11.5, crowd: false, mask } satisfies EvaluatedImage['truth'][0];
    const image = { name: 'a.png', origin: 'hub', width: 10, height: 8, detections: [] };
    const detection = {
      box: [1.5, 2, 4, 6],
      score: 0.25,
      mask,
      category: 1,
    } satisfies EvaluatedImage['detections'][0];
    const paths = await write([
      { ...image, id: 4, truth: [truth, { ...truth, crowd: true, category: 1 }] },
      { ...image, id: 2, origin: null, truth: [truth], detections: [detection] },
    ]);
    const segmentation = { size: [8, 10], counts: expect.any(String) };
    const annotation = {
      image_id: 4,
      category_id: 1,
      iscrowd: 0,
      area: 11.5,
      bbox: [2, 1, 4, 3],
      segmentation,
    };
    expect(JSON.parse(readFileSync(paths.groundTruth, 'utf8'))).toEqual({
      images: [
        { id: 4, file_name: 'a.png', width: 10, height: 8, origin: 'hub' },
        { id: 2, file_name: 'a.png', width: 10, height: 8 },
      ],
      annotations: [
        { id: 1, ...annotation },
        { id: 2, ...annotation, category_id: 2, iscrowd: 1 },
        { id: 3, ...annotation, image_id: 2 },
      ],
      categories: [{ id: 1, name: 'building' }],
    });
    expect(JSON.parse(readFileSync(paths.predictions, 'utf8'))).toEqual([
      { image_id: 2, category_id: 2, bbox: [2, 1.5, 4, 2.5], score: 0.25, segmentation },
    ]);
  });

  it('write empty lists where there is nothing', async () => {
    const paths = await write([
      { id: 1, name: 'a', origin: null, width: 4, height: 4, truth: [], detections: [] },
    ]);
    expect(JSON.parse(readFileSync(paths.predictions, 'utf8'))).toEqual([]);
    const { images, warnings } = await openCocoFiles(paths);
    expect([...images][0]).toMatchObject({ truth: [], detections: [] });
    expect(warnings).toHaveLength(1);
  });
});
