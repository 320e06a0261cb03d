/**
 * The summary of a model as lines for people.
 */

import { alignColumns } from '../system/align-columns.ts';
import { labelOf } from '../train/phases/phases.ts';
import { formatBytes, PART_LABELS } from './format-numbers.ts';
import { memoryTable } from './memory-text.ts';
import type { ModelSummary } from './model-summary.ts';
import type { ByPart } from './parts.ts';
import type { TrainingCost } from './training-cost.ts';

/** A table by part, then what inference of an image and a step of each phase of training take. */
export function formatModelSummary(summary: ModelSummary): string {
  const { backbone, image_size: side, training } = summary;
  return [
    `Mask R-CNN with backbone ${backbone}, images of ${side} x ${side} pixels`,
    '',
    ...alignColumns(tableOf(summary)),
    '',
    ...describeInference(summary),
    ...training.flatMap((cost) => describeStep(cost, summary)),
    '',
    ...memoryTable(summary.memory_plan),
    '',
    ...NOTES,
  ].join('\n');
}

const NOTES = [
  'A multiply-add counts as 2 FLOP. The plan of memory is of training on a CPU, and what it takes at the least.',
];

/** Operations are those of inference, memory that of training. */
function tableOf({ parameters, inference, training }: ModelSummary): string[][] {
  const parts = Object.keys(PART_LABELS) as (keyof ByPart)[];
  return [
    ['part', 'parameters', 'GFLOP, inference', ...training.map(({ phase }) => `memory, ${labelOf(phase)}`)],
    ...parts.map((part) => [
      PART_LABELS[part],
      part === 'other' ? '-' : millions(parameters[part]),
      giga(inference.flops[part]),
      ...training.map((cost) => formatBytes(heldBytes(cost, part))),
    ]),
  ];
}

function describeInference({ inference }: ModelSummary): string[] {
  const { regions, flops, memory_bytes: memory } = inference;
  return [
    `Inference of an image, ${regions.box} regions through the box head and ${regions.mask} through the mask head:`,
    `  ${giga(flops.total)} GFLOP, ${formatBytes(memory)} beside the weights`,
  ];
}

function describeStep(cost: TrainingCost, { batch_size: images, parameters }: ModelSummary): string[] {
  const {
    phase,
    learning_parameters: learning,
    regions,
    flops_per_image: flops,
    memory_bytes: memory,
  } = cost;
  return [
    `A step of ${labelOf(phase)}, ${images} images, ${regions.box} and ${regions.mask} regions of each; ` +
      `${millions(learning)} of ${millions(parameters.total)} parameters learn:`,
    `  ${giga(flops.total)} GFLOP for each image: forward ${giga(flops.forward.total)}, backward ${giga(flops.backward)}, ` +
      `update ${giga(flops.update)}`,
    `  ${formatBytes(heldBytes(cost, 'total'))}: weights ${formatBytes(memory.weights.total)}, optimizer ${formatBytes(memory.optimizer.total)}, ` +
      `activations and gradients ${formatBytes(memory.values.total)}; a validation ${formatBytes(memory.validation.total)}`,
  ];
}

/** Weights, what is kept for them, and the values of a step of training. */
function heldBytes({ memory_bytes: memory }: TrainingCost, part: keyof ByPart): number {
  return memory.weights[part] + memory.optimizer[part] + memory.values[part];
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(2)} M`;
}

function giga(flops: number): string {
  const value = flops / 1e9;
  return value.toFixed(value < 1000 ? 2 : 0);
}
