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
}

/** The pass that training makes in an epoch, 1 for the first. */
export function trainingPass(
  { seed, train, augment }: Pick<Params, 'seed' | 'train' | 'augment'>,
  epoch: number,
): PassOptions {
  return { augment: train.augment ? augment : null, seed: [seed, 'train', epoch] };
}

/** What follows for each place of the pass. */
export interface TrainingOrder {
  /** Whole batches; 0 for no images. */
  batches: number;
  /** @param place 0 to N * batches − 1; those beyond the number of images begin anew, with another fate */
  requestAt(place: number): SampleRequest;
}

/** @param options.size H, side of the network's square in pixels */
export function trainingOrder(
  images: readonly PreparedImage[],
  { batchSize, imageSize }: { batchSize: number; imageSize: number },
  { augment, seed }: PassOptions,
): TrainingOrder {
  const order = createRandom(...seed).shuffle(images.map((_, index) => index));
  const wanted = donorsWanted(augment);
  return {
    batches: Math.ceil(images.length / batchSize),
    requestAt: (place) => {
      const index = order[place % order.length]!;
      return {
        image: images[index]!,
        donors: donorsFor(index, images, { wanted, seed: [...seed, 'donors', place] }),
        size: imageSize,
        augment,
        seed: [...seed, 'sample', place],
      };
    },
  };
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
