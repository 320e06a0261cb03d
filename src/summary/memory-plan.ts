/**
 * What a training run will take of the memory, by part, before it begins: counted from its graphs; and what no graph tells, as it was
 * measured.
 *
 * The constants are fitted to what was measured on two cores: the custom model and ResNets of 18 to 101 layers, batches of 2 to 16
 * images of 128 to 512 pixels, float32 and bfloat16, each in a process of its own. For each of these the plan is below what it took at most:
 * 0.90 to 0.98 of it, or 0.80 where the graphs had to be recorded. So what is refused could not have been, as far as that goes.
 */
import { batchShape } from '../data/host-batch.ts';
import { loaderMemory } from '../data/loader.ts';
import type { Params } from '../params/schema.ts';
import { largestSize } from './counted-steps.ts';
import { addByPart, type ByPart, scaleByPart } from './parts.ts';
import type { PhaseMemory } from './phase-memory.ts';

const MEBIBYTE = 2 ** 20;

/** What the process takes for itself: TensorFlow, Node, the program, its graphs. Pages of libraries can be dropped, and do not count. */
const RUNTIME_BYTES = 300 * MEBIBYTE;

/** Of each of the loader's threads: a JavaScript engine, and the image that it works on. */
const THREAD_BYTES = 25 * MEBIBYTE;

/**
 * How often weights and what is kept for them are in memory. On a CPU: as the program has made them, in TensorFlow's session, and once
 * more in the step, as gradients, new values and reordered weights. On a GPU, where nothing was measured, once at the least.
 */
const COPIES = { cpu: 3, gpu: 1 } as const;

/**
 * Of the values of a step, as they would be if one op ran after the other: `COPIES` has the gradients, too. A validation's come on top,
 * as the allocator keeps what the steps have left.
 */
const STEP_SHARE = 0.75;

/** Where the steps are computed. */
export type Device = keyof typeof COPIES;

/** Bytes that a phase of training takes. Keys as in the JSON that is printed. */
export interface MemoryPlan {
  phase: PhaseMemory['phase'];
  device: Device;
  batch_size: number;
  /** Side of the largest images in pixels. */
  image_size: number;
  /** All copies of them. */
  weights: number;
  /** What optimizer, averages and accumulation keep for the weights; all copies. */
  optimizer: number;
  /** What the steps of training and validation compute, by the part of the model that makes it; losses and gradients are `other`. */
  values: ByPart;
  /** Batches that are made ahead, in the machine's memory. */
  batches: number;
  /** TensorFlow, Node and the loader's threads, in the machine's memory. */
  runtime: number;
  total: number;
}

/** @param phases one at least; @returns the plan of the one that takes most */
export function planMemory(
  phases: readonly PhaseMemory[],
  params: Params,
  device: Device = 'cpu',
): MemoryPlan {
  return phases
    .map((phase) => planPhase(phase, params, device))
    .reduce((most, plan) => (plan.total > most.total ? plan : most));
}

function planPhase({ phase, ...counted }: PhaseMemory, params: Params, device: Device): MemoryPlan {
  const image_size = largestSize(params);
  const loader = loaderMemory(params.data.workers, { ...batchShape(params), imageSize: image_size });
  const values = addByPart(scaleByPart(counted.values, STEP_SHARE), counted.validation);
  const parts = {
    weights: COPIES[device] * counted.weights.total,
    optimizer: COPIES[device] * counted.optimizer.total,
    batches: loader.bytes,
    runtime: RUNTIME_BYTES + loader.threads * THREAD_BYTES,
  };
  const total = values.total + Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  return { phase, device, batch_size: params.train.batch_size, image_size, ...parts, values, total };
}

/** What is needed of the machine's memory and, where a GPU computes, at the least of its own. */
export function needsOf(plan: MemoryPlan): { machine: number; gpu: number } {
  const { device, weights, optimizer, values, batches, runtime, total } = plan;
  return device === 'cpu'
    ? { machine: total, gpu: 0 }
    : { machine: batches + runtime, gpu: weights + optimizer + values.total };
}
