/**
 * Batches in their order, a few of them made ahead.
 */
import { UserError } from '../system/errors.ts';
import { printable } from '../system/printable.ts';
import type { SampleRequest } from './augment/sample.ts';
import { batchArrays, batchControl, resetControl, type SpareMemory } from './batch-memory.ts';
import { type BatchShape, type HostBatch, touchingSize } from './host-batch.ts';
import type { Loaded } from './load-image.ts';
import type { LoadPool } from './load-pool.ts';
import type { PreparedImage } from './prepared.ts';

/** What is to be loaded. */
export interface Pass {
  /** Of the batch with this number, 0 for the first; all have as many images. */
  shapeOf(batch: number): BatchShape;
  images: number;
  startBatch: number;
  batches: number;
  requestAt(place: number): SampleRequest;
}

/** What is there to load it with. */
interface Means {
  pool: LoadPool;
  spare: SpareMemory;
  ahead: number;
}

/**
 * From `startBatch` to the last. A batch's memory is given back when the next one is asked for. Where the consumer stops
 * early, the images that are in work are waited for, and no others are begun.
 * @throws UserError naming the image that cannot be loaded
 */
export async function* batchesOf(pass: Pass, { pool, spare, ahead }: Means): AsyncGenerator<HostBatch> {
  const underWay: UnfinishedBatch[] = [];
  let used: UnfinishedBatch | null = null;
  let next = pass.startBatch;
  const beginMore = () => {
    while (next < pass.batches && underWay.length < ahead) {
      underWay.push(beginBatch(pass, next++, { pool, spare }));
    }
  };
  try {
    beginMore();
    while (underWay.length > 0) {
      const batch = await finishBatch(underWay);
      used = underWay.shift()!;
      beginMore();
      yield batch;
      spare.give(used.memory);
      used = null;
    }
  } finally {
    for (const { memory, shape } of underWay) batchControl(memory, shape).abandon();
    await Promise.all(underWay.map(({ loading }) => loading));
    for (const { memory } of [...(used ? [used] : []), ...underWay]) spare.give(memory);
  }
}

/** A batch of which images may still be on their way. */
interface UnfinishedBatch {
  batch: HostBatch;
  shape: BatchShape;
  memory: SharedArrayBuffer;
  loading: Promise<PromiseSettledResult<Loaded>[]>;
}

function beginBatch(
  { shapeOf, images, requestAt }: Pass,
  index: number,
  { pool, spare }: Omit<Means, 'ahead'>,
): UnfinishedBatch {
  const shape = shapeOf(index);
  const memory = spare.take(shape);
  const { batchSize, imageSize, maxInstances, maskSize } = shape;
  const first = index * batchSize;
  const requests = Array.from({ length: batchSize }, (_, n) => requestAt(first + n));
  const batch = {
    count: batchSize,
    sources: requests.map(({ image }) => image),
    real: Math.min(batchSize, images - first),
    imageSize,
    maxInstances,
    maskSize,
    touchingSize: touchingSize(shape),
    ...batchArrays(memory, shape),
    overflow: 0,
  };
  resetControl(memory, shape);
  const loading = Promise.allSettled(requests.map((request, n) => pool.load({ memory, shape, n, request })));
  return { batch, shape, memory, loading };
}

/** @param underWay begins with the batch that is to be finished */
async function finishBatch(underWay: readonly UnfinishedBatch[]): Promise<HostBatch> {
  const { batch, loading } = underWay[0]!;
  for (const result of await loading) {
    if (result.status === 'rejected') throw await explainFailure(underWay);
    if ('fault' in result.value) throw new UserError(result.value.fault);
    batch.overflow += result.value.overflow;
  }
  return batch;
}

/**
 * When a thread ends, all tasks that were with it fail: those that wait in it, and those that are done and of which this
 * thread, busy with a step, has not heard. The one that was in work is to blame.
 */
async function explainFailure(underWay: readonly UnfinishedBatch[]): Promise<UserError> {
  for (const { memory, shape } of underWay) batchControl(memory, shape).abandon();
  const failures: { image: PreparedImage; reason: unknown; wasInWork: boolean }[] = [];
  for (const { batch, shape, memory, loading } of underWay) {
    const control = batchControl(memory, shape);
    for (const [n, result] of (await loading).entries()) {
      if (result.status === 'fulfilled') continue;
      failures.push({ image: batch.sources[n]!, reason: result.reason, wasInWork: control.isInWork(n) });
    }
  }
  const { image, reason } = failures.find(({ wasInWork }) => wasInWork) ?? failures[0]!;
  const why = reason instanceof Error ? reason.message : String(reason);
  return new UserError(
    `Cannot load image ${printable(image.name)} of ${image.bytes.shard}: ${why.split('\n')[0]}; leave it out or report it`,
    { cause: reason },
  );
}
