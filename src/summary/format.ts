/**
 * The summary of a model as lines for people.
 */

import { alignColumns } from '../system/align-columns.ts';
import { labelOf } from '../train/phases.ts';
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
    ...NOTES,
  ].join('\n');
}

/** The figures of memory: compiled steps of both models on a CPU, growth of the process against the estimate. */
const NOTES = [
  'A multiply-add counts as 2 FLOP. Memory is estimated from the graph, one op after the other; TensorFlow runs several at',
  'once and keeps room for itself: activations and gradients were measured to take 1.5 to 4 times as much, most where they are small.',
];

const LABELS: Readonly<Record<keyof ByPart, string>> = {
  backbone: 'backbone',
  fpn: 'feature pyramid (FPN)',
  rpn: 'region proposals (RPN)',
  box: 'box head with RoIAlign',
  mask: 'mask head with RoIAlign',
  other: 'the rest',
  total: 'total',
};

/** Operations are those of inference, memory that of training. */
function tableOf({ parameters, inference, training }: ModelSummary): string[][] {
  const parts = Object.keys(LABELS) as (keyof ByPart)[];
  return [
    ['part', 'parameters', 'GFLOP, inference', ...training.map(({ phase }) => `memory, ${labelOf(phase)}`)],
    ...parts.map((part) => [
      LABELS[part],
      part === 'other' ? '-' : millions(parameters[part]),
      giga(inference.flops[part]),
      ...training.map((cost) => bytes(cost.memory_bytes.total[part])),
    ]),
  ];
}

function describeInference({ inference }: ModelSummary): string[] {
  const { regions, flops, memory_bytes: memory } = inference;
  return [
    `Inference of an image, ${regions.box} regions through the box head and ${regions.mask} through the mask head:`,
    `  ${giga(flops.total)} GFLOP, ${bytes(memory)} beside the weights`,
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
    `  ${bytes(memory.total.total)}: weights ${bytes(memory.weights.total)}, optimizer ${bytes(memory.optimizer.total)}, ` +
      `activations and gradients ${bytes(memory.values.total)}`,
  ];
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(2)} M`;
}

function giga(flops: number): string {
  const value = flops / 1e9;
  return value.toFixed(value < 1000 ? 2 : 0);
}

function bytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} GB`;
  return `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} MB`;
}
