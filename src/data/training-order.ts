/**
 * Which image comes when in a pass of training, and what chance has in store for it: all from the seed, so that a pass can
 * begin at any of its batches.
 */
import type { Params } from '../params/schema.ts';
import { createRandom } from '../system/random.ts';
import { donorsWanted, type SampleRequest } from './augment/sample.ts';
import type { PreparedImage } from './prepared.ts';

/** What a pass of training is made of. */
export interface PassOptions {
  /** null = fitted into the square, nothing else. */
  augment: Params['augment'] | null;
  /** Parts of the stream: equal parts give the same pass. */
  seed: readonly (number | string)[];
  /** Without it each batch has the size that the pass was asked for. */
  sizes?: SizeDraw | null;
}

/**
 * Multi-scale training: each update sees its images in a size drawn at random, as large or small as the eye of the network
 * may meet buildings. What counts in pixels (anchors, canonical and smallest sizes, the distance of touching buildings, the
 * deviation of blur) stays as it is, as with `augment.scale`: it is the buildings that become larger or smaller.
 */
export interface SizeDraw {
  /** Sides of the square in pixels, each as likely. */
  sizes: readonly number[];
  /** Batches that make an update together, and so have the same size. */
  batchesPerUpdate: number;
}

/** The pass that training makes in an epoch, 1 for the first. */
export function trainingPass(
  { seed, train, augment }: Pick<Params, 'seed' | 'train' | 'augment'>,
  epoch: number,
): PassOptions {
  const { image_sizes: sizes, accumulation_steps: batchesPerUpdate } = train;
  return {
    augment: train.augment ? augment : null,
    seed: [seed, 'train', epoch],
    sizes: sizes && { sizes, batchesPerUpdate },
  };
}

/** What follows for each place of the pass. */
export interface TrainingOrder {
  /** Whole batches; 0 for no images. */
  batches: number;
  /** H of the batch with this number, 0 for the first. */
  imageSizeOf(batch: number): number;
  /** @param place 0 to N * batches − 1; those beyond the number of images begin anew, with another fate */
  requestAt(place: number): SampleRequest;
}

/** @param shape `imageSize` is H where the pass draws no sizes */
export function trainingOrder(
  images: readonly PreparedImage[],
  { batchSize, imageSize }: { batchSize: number; imageSize: number },
  { augment, seed, sizes = null }: PassOptions,
): TrainingOrder {
  const order = createRandom(...seed).shuffle(images.map((_, index) => index));
  const wanted = donorsWanted(augment);
  const imageSizeOf = (batch: number) => (sizes ? drawSize(sizes, seed, batch) : imageSize);
  return {
    imageSizeOf,
    batches: Math.ceil(images.length / batchSize),
    requestAt: (place) => {
      const index = order[place % order.length]!;
      return {
        image: images[index]!,
        donors: donorsFor(index, images, { wanted, seed: [...seed, 'donors', place] }),
        size: imageSizeOf(Math.floor(place / batchSize)),
        augment,
        seed: [...seed, 'sample', place],
      };
    },
  };
}

function drawSize({ sizes, batchesPerUpdate }: SizeDraw, seed: PassOptions['seed'], batch: number): number {
  const update = Math.floor(batch / batchesPerUpdate);
  return sizes[createRandom(...seed, 'size', update).int(sizes.length)]!;
}

/** Any of the other images, now and then one twice; the image itself where it is alone. */
function donorsFor(
  index: number,
  images: readonly PreparedImage[],
  { wanted, seed }: { wanted: number; seed: readonly (number | string)[] },
): PreparedImage[] {
  if (wanted === 0) return [];
  const random = createRandom(...seed);
  const others = Math.max(1, images.length - 1);
  return Array.from({ length: wanted }, () => images[(index + 1 + random.int(others)) % images.length]!);
}
