/**
 * From image files and outlines to padded minibatches in host memory. Knows nothing of TensorFlow.
 * Files are decoded by sharp's own threads while the step before runs: each batch is begun before it is needed.
 *
 * N images of H x H pixels · M = maxInstances · K = maskSize · T = touchingSize
 */
import sharp from 'sharp';
import { polygonsBox } from '../masks/polygon.ts';
import { rasterizeCoverage } from '../masks/rasterize.ts';
import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import { createRandom } from '../system/random.ts';
import { IDENTITY, randomSymmetry, type Symmetry, transformPixels, transformPoints } from './augment.ts';
import { fitLetterbox } from './letterbox.ts';
import type { Building, PreparedImage } from './prepared.ts';
import { touchingMap } from './touching-map.ts';

/** Padded minibatch in host memory. */
export interface HostBatch {
  /** N */
  count: number;
  /** The images, in order. */
  sources: PreparedImage[];
  /** How many of `sources` count; those behind only fill the batch up. */
  real: number;
  imageSize: number;
  maxInstances: number;
  maskSize: number;
  touchingSize: number;
  /** [N, H, H, 3] RGB in 0–1 */
  images: Float32Array;
  /** [N, M, 4] [y1, x1, y2, x2] pixels of the fitted image */
  boxes: Float32Array;
  /** [N, M, K, K] coverage in 0–1 */
  masks: Float32Array;
  /** [N, M] 1 = a building, 0 = padding */
  valid: Float32Array;
  /** [N, T, T] in 0–1: `touchingMap` of all buildings of the image, also of those beyond M; 0 where none is wanted */
  touching: Float32Array;
  /** Buildings beyond M that were left out (the smallest). */
  overflow: number;
}

/** Sizes of a batch; `batchSize` is N. */
export interface BatchShape {
  batchSize: number;
  imageSize: number;
  maxInstances: number;
  maskSize: number;
  /** σ of the map of touching buildings in pixels; null = none is wanted, and none is made. */
  touchingDistance: number | null;
}

/** The shape that params ask for. */
export function batchShape({ train, data, loss }: Params): BatchShape {
  return {
    batchSize: train.batch_size,
    imageSize: data.image_size,
    maxInstances: data.max_instances,
    maskSize: data.instance_mask_size,
    touchingDistance: loss.touching_weight > 0 ? loss.touching_distance : null,
  };
}

/** T, the side of the map of touching buildings: that of the image, or 1 where none is wanted. */
export function touchingSize({ imageSize, touchingDistance }: BatchShape): number {
  return touchingDistance === null ? 1 : imageSize;
}

/**
 * One pass in random order, each image in one of the eight symmetries if `augment`. The last batch is filled up from the
 * beginning of the pass (in symmetries of their own), so that every batch has N images.
 * @param seed parts of the stream: equal parts give the same pass
 */
export function trainingBatches(
  images: readonly PreparedImage[],
  shape: BatchShape,
  options: { augment: boolean; seed: readonly (number | string)[] },
): AsyncGenerator<HostBatch> {
  const random = createRandom(...options.seed);
  const shuffled = random.shuffle(images);
  const slots = Math.ceil(images.length / shape.batchSize) * shape.batchSize;
  const order = Array.from({ length: slots }, (_, i) => shuffled[i % shuffled.length]!);
  const symmetries = order.map(() => (options.augment ? randomSymmetry(random) : IDENTITY));
  return batches(order, symmetries, shape);
}

/** All images in their order, as they are. The last batch is filled up from the beginning; `real` says how many count. */
export function orderedBatches(
  images: readonly PreparedImage[],
  shape: BatchShape,
): AsyncGenerator<HostBatch> {
  return batches(
    images,
    images.map(() => IDENTITY),
    shape,
  );
}

/** Batches that are being read while one is used: one more than the next, so that a slow file does not hold up the step. */
const AHEAD = 2;

async function* batches(
  images: readonly PreparedImage[],
  symmetries: readonly Symmetry[],
  shape: BatchShape,
): AsyncGenerator<HostBatch> {
  const starts = Array.from(
    { length: Math.ceil(images.length / shape.batchSize) },
    (_, i) => i * shape.batchSize,
  );
  const pending: Promise<HostBatch>[] = [];
  let next = 0;
  const begin = () => {
    const batch = loadBatch(images, symmetries, starts[next++]!, shape);
    batch.catch(() => {}); // reported when it is awaited below; a batch begun ahead must not crash the process
    pending.push(batch);
  };
  while (next < starts.length || pending.length > 0) {
    while (next < starts.length && pending.length < AHEAD) begin();
    yield await pending.shift()!;
  }
}

async function loadBatch(
  images: readonly PreparedImage[],
  symmetries: readonly Symmetry[],
  start: number,
  shape: BatchShape,
): Promise<HostBatch> {
  const batch = emptyBatch(shape);
  batch.real = Math.min(shape.batchSize, images.length - start);
  await Promise.all(
    Array.from({ length: shape.batchSize }, async (_, n) => {
      const index = (start + n) % images.length;
      batch.sources[n] = images[index]!;
      const buildings = await fillImage(batch, n, images[index]!, symmetries[index]!);
      if (shape.touchingDistance !== null) fillTouching(batch, n, buildings, shape.touchingDistance);
    }),
  );
  return batch;
}

function emptyBatch(shape: BatchShape): HostBatch {
  const { batchSize, imageSize, maxInstances, maskSize } = shape;
  const T = touchingSize(shape);
  return {
    count: batchSize,
    sources: [],
    real: 0,
    imageSize,
    maxInstances,
    maskSize,
    touchingSize: T,
    images: new Float32Array(batchSize * imageSize * imageSize * 3),
    boxes: new Float32Array(batchSize * maxInstances * 4),
    masks: new Float32Array(batchSize * maxInstances * maskSize * maskSize),
    valid: new Float32Array(batchSize * maxInstances),
    touching: new Float32Array(batchSize * T * T),
    overflow: 0,
  };
}

/** @returns the outlines of all buildings of the image, also of those without a slot, in pixels of the fitted image */
async function fillImage(
  batch: HostBatch,
  n: number,
  image: PreparedImage,
  symmetry: Symmetry,
): Promise<number[][][]> {
  const { imageSize, maxInstances, maskSize } = batch;
  const pixels = await readSquare(image, imageSize);
  const pixelCount = imageSize * imageSize * 3;
  transformPixels(pixels, batch.images.subarray(n * pixelCount, (n + 1) * pixelCount), symmetry, imageSize);
  const { scaleX, scaleY } = fitLetterbox(image, imageSize);
  const outlines = largestFirst(image.buildings, maxInstances).map(({ polygons }) =>
    polygons.map((ring) =>
      transformPoints(
        ring.map((at, i) => at * (i % 2 === 0 ? scaleX : scaleY)),
        symmetry,
        imageSize,
      ),
    ),
  );
  const kept = outlines.slice(0, maxInstances);
  batch.overflow += outlines.length - kept.length;
  kept.forEach((polygons, m) => {
    const box = polygonsBox(polygons);
    const slot = n * maxInstances + m;
    batch.boxes.set(box, slot * 4);
    batch.masks.set(rasterizeCoverage(polygons, box, maskSize), slot * maskSize * maskSize);
    batch.valid[slot] = 1;
  });
  return outlines;
}

function fillTouching(batch: HostBatch, n: number, outlines: number[][][], distance: number): void {
  const size = batch.touchingSize;
  batch.touching.set(touchingMap(outlines, { size, distance }), n * size * size);
}

/** @returns [size, size, 3] RGB, the image fitted at the top left, black elsewhere */
async function readSquare(image: PreparedImage, size: number): Promise<Uint8Array> {
  const { width, height } = fitLetterbox(image, size);
  try {
    return await sharp(image.path, { failOn: 'error' })
      .removeAlpha()
      .toColourspace('srgb')
      .resize(width, height, { fit: 'fill' })
      .extend({ right: size - width, bottom: size - height, background: '#000' })
      .raw()
      .toBuffer();
  } catch (error) {
    throw new UserError(
      `Cannot read ${image.path}: ${(error as Error).message}; expected an intact image: run \`aerial data-prep\` again`,
      { cause: error },
    );
  }
}

/** In their order where all have a slot; the largest first where not. */
function largestFirst(buildings: readonly Building[], slots: number): readonly Building[] {
  if (buildings.length <= slots) return buildings;
  return [...buildings].sort((a, b) => b.area - a.area);
}
