/**
 * One image of a batch, from its file to its place in the batch's memory: what a worker does, or the main thread where there
 * are no workers.
 */
import { UserError } from '../system/errors.ts';
import { makeSample, type SampleRequest } from './augment/sample.ts';
import { batchControl, imageArrays } from './batch-memory.ts';
import type { BatchShape } from './host-batch.ts';
import { packSample } from './pack-sample.ts';

/** Structured-cloneable; the memory is shared. */
export interface LoadTask {
  memory: SharedArrayBuffer;
  shape: BatchShape;
  /** Place in the batch. */
  n: number;
  request: SampleRequest;
}

/** Buildings that have found no room; or what is wrong with the data, in one line. */
export type Loaded = { overflow: number } | { fault: string };

/** Does nothing when the batch is abandoned. @throws whatever is no `UserError` */
export async function loadImage({ memory, shape, n, request }: LoadTask): Promise<Loaded> {
  const control = batchControl(memory, shape);
  if (control.isAbandoned()) return { overflow: 0 };
  control.begin(n);
  try {
    const sample = await makeSample(request);
    const overflow = packSample(sample, shape, imageArrays(memory, shape, n));
    control.finish(n);
    return { overflow };
  } catch (error) {
    // Not thrown: on the way to another thread an error loses its class.
    if (error instanceof UserError) return { fault: error.message };
    throw error;
  }
}
