import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import type { Log } from '../system/log.ts';
import type { MemoryLimits } from '../system/memory-limits.ts';
import { formatBytes } from './format-numbers.ts';
import { largestBatch } from './largest-batch.ts';
import { type Device, type MemoryPlan, needsOf, planMemory } from './memory-plan.ts';
import { largestParts, memoryLine, memoryTable } from './memory-text.ts';
import { obtainPhaseMemory } from './obtain-memory.ts';
import type { PhaseMemory } from './phase-memory.ts';

/** The plan is below what is taken in the end, by up to so much of it. */
const UNCERTAINTY = 0.2;

/** How many parts a refusal names. */
const PARTS_NAMED = 2;

/** What a plan is held against. */
interface Circumstances {
  device: Device;
  limits: MemoryLimits;
  log: Log;
}

/**
 * Holds what training will take against what there is, and says it in a line.
 * @throws UserError where it cannot fit and `train.memory.plan` is `refuse`; with `warn` that is a warning
 */
export async function checkMemory(params: Params, { device, limits, log }: Circumstances): Promise<void> {
  const phases = await obtainPhaseMemory(params, (phase) =>
    log.info(`Counting the memory of a step (${phase})`),
  );
  const plan = planMemory(phases, params, device);
  const lack = findLack(plan, limits);
  if (!lack) {
    log.info(memoryLine(plan));
    if (findLack(plan, shrink(limits)))
      log.warn(`that is most of the memory: ${describeLimit(device, limits)}`);
    return;
  }
  for (const line of memoryTable(plan)) log.info(line);
  const fits = (smaller: Params, held: readonly PhaseMemory[]) =>
    !findLack(planMemory(held, smaller, device), limits);
  const fitting = largestBatch(params, phases, fits);
  const message = describeLack(lack, { plan, params, fitting });
  if (params.train.memory.plan === 'warn') log.warn(message);
  else throw new UserError(`${message}; train.memory.plan=warn tries it all the same`);
}

/** More is needed than there is. */
interface Lack {
  needed: number;
  available: number;
  /** Whose memory. */
  place: string;
}

function findLack(plan: MemoryPlan, { machine, gpu }: MemoryLimits): Lack | null {
  const needs = needsOf(plan);
  if (gpu !== null && needs.gpu > gpu) return { needed: needs.gpu, available: gpu, place: 'the GPU has' };
  if (needs.machine > machine)
    return { needed: needs.machine, available: machine, place: 'this machine has left' };
  return null;
}

function shrink({ machine, gpu }: MemoryLimits): MemoryLimits {
  const share = 1 - UNCERTAINTY;
  return { machine: share * machine, gpu: gpu === null ? null : share * gpu };
}

function describeLimit(device: Device, { machine, gpu }: MemoryLimits): string {
  return device === 'gpu' && gpu !== null
    ? `the GPU has ${formatBytes(gpu)}`
    : `${formatBytes(machine)} are left on this machine`;
}

function describeLack(
  { needed, available, place }: Lack,
  { plan, params, fitting }: { plan: MemoryPlan; params: Params; fitting: number | null },
): string {
  const { batch_size: images, accumulation_steps: together } = params.train;
  const parts = largestParts(plan, params, PARTS_NAMED).join(' and ');
  const advice =
    fitting === null
      ? 'not even train.batch_size=1 would fit: lower these'
      : `train.batch_size=${fitting} would fit, and train.accumulation_steps=${Math.ceil((images * together) / fitting)} ` +
        'keeps updates as large; or lower these';
  return (
    `Training needs at least ${formatBytes(needed)} of memory with train.batch_size ${images}, ${place} ` +
    `${formatBytes(available)}; the most goes to ${parts}; ${advice}`
  );
}
