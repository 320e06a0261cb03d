/**
 * The memory of a batch: one block that all threads share, so that what a worker writes needs no way back.
 *
 * First a word for the batch and one for each image (see `Control`), then the arrays one after the other.
 */
import { type BatchShape, type HostBatch, touchingSize } from './host-batch.ts';

/** The arrays of a batch, or the part of one image of them. */
export type BatchArrays = Pick<HostBatch, 'images' | 'boxes' | 'masks' | 'valid' | 'touching'>;

/** What threads say to each other about a batch while it is made. */
interface Control {
  /** Nobody will use the batch: images that are not begun need not be. */
  abandon(): void;
  isAbandoned(): boolean;
  /** From here on until it is finished, whatever ends the thread is taken for a fault of image n. */
  begin(n: number): void;
  finish(n: number): void;
  /** Begun, and not finished. */
  isInWork(n: number): boolean;
}

/** Words of an image; of the batch, 1 = abandoned. */
const [IN_WORK, FINISHED] = [1, 2];

/** What TensorFlow can use as it lies, without a copy of its own. */
const ALIGNMENT_BYTES = 64;

/** Memory of batches that are used up, for the next ones. It is as much as the most batches at a time of the largest shape. */
export interface SpareMemory {
  /** What is in it counts for nothing. */
  take(shape: BatchShape): SharedArrayBuffer;
  give(memory: SharedArrayBuffer): void;
}

export function createSpareMemory(): SpareMemory {
  let spare: SharedArrayBuffer[] = [];
  return {
    take: (shape) => {
      const { bytes } = layoutOf(shape);
      // A smaller batch lies at the beginning of what a larger one has left; what is too small makes room for what is not.
      spare = spare.filter(({ byteLength }) => byteLength >= bytes);
      return spare.pop() ?? new SharedArrayBuffer(bytes);
    },
    give: (memory) => void spare.push(memory),
  };
}

/** What a batch takes. */
export function batchBytes(shape: BatchShape): number {
  return layoutOf(shape).bytes;
}

/** @param memory taken for the same shape: it may be longer */
export function batchArrays(memory: SharedArrayBuffer, shape: BatchShape): BatchArrays {
  return viewArrays(memory, shape, { first: 0, count: shape.batchSize });
}

/** The part of image n. */
export function imageArrays(memory: SharedArrayBuffer, shape: BatchShape, n: number): BatchArrays {
  return viewArrays(memory, shape, { first: n, count: 1 });
}

/** @param memory of a batch; it answers no to all questions until told otherwise */
export function batchControl(memory: SharedArrayBuffer, { batchSize }: BatchShape): Control {
  const words = new Int32Array(memory, 0, 1 + batchSize);
  return {
    abandon: () => void Atomics.store(words, 0, 1),
    isAbandoned: () => Atomics.load(words, 0) === 1,
    begin: (n) => void Atomics.store(words, 1 + n, IN_WORK),
    finish: (n) => void Atomics.store(words, 1 + n, FINISHED),
    isInWork: (n) => Atomics.load(words, 1 + n) === IN_WORK,
  };
}

/** Takes back what has been said about a batch, so that its memory can serve the next one. */
export function resetControl(memory: SharedArrayBuffer, { batchSize }: BatchShape): void {
  new Int32Array(memory, 0, 1 + batchSize).fill(0);
}

type Offsets = Record<keyof BatchArrays, number>;

function layoutOf(shape: BatchShape): { offsets: Offsets; bytes: number } {
  let bytes = aligned(Int32Array.BYTES_PER_ELEMENT * (1 + shape.batchSize));
  const place = (lengthPerImage: number) => {
    const offset = bytes;
    bytes += aligned(Float32Array.BYTES_PER_ELEMENT * shape.batchSize * lengthPerImage);
    return offset;
  };
  const { images, boxes, masks, valid, touching } = lengthsPerImage(shape);
  const offsets = {
    images: place(images),
    boxes: place(boxes),
    masks: place(masks),
    valid: place(valid),
    touching: place(touching),
  };
  return { offsets, bytes };
}

function lengthsPerImage(shape: BatchShape): Record<keyof BatchArrays, number> {
  const { imageSize, maxInstances, maskSize } = shape;
  return {
    images: imageSize * imageSize * 3,
    boxes: maxInstances * 4,
    masks: maxInstances * maskSize * maskSize,
    valid: maxInstances,
    touching: touchingSize(shape) ** 2,
  };
}

function viewArrays(
  memory: SharedArrayBuffer,
  shape: BatchShape,
  { first, count }: { first: number; count: number },
): BatchArrays {
  const { offsets } = layoutOf(shape);
  const lengths = lengthsPerImage(shape);
  const view = (name: keyof BatchArrays) => {
    const offset = offsets[name] + Float32Array.BYTES_PER_ELEMENT * first * lengths[name];
    return new Float32Array(memory, offset, count * lengths[name]);
  };
  return {
    images: view('images'),
    boxes: view('boxes'),
    masks: view('masks'),
    valid: view('valid'),
    touching: view('touching'),
  };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}
