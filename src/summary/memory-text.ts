/**
 * A plan of memory as text for people.
 */
import type { Params } from '../params/schema.ts';
import { alignColumns } from '../system/align-columns.ts';
import { labelOf } from '../train/phases/phases.ts';
import { formatBytes, PART_LABELS } from './format-numbers.ts';
import type { MemoryPlan } from './memory-plan.ts';
import type { ByPart } from './parts.ts';

/** What of a plan can be made smaller, and by which params. */
interface PlannedPart {
  label: string;
  bytes: number;
  /** Keys of params, with what they are. */
  keys: (params: Params) => readonly string[];
}

/** The line of a run that has room enough. */
export function memoryLine({ weights, optimizer, values, batches, runtime, total }: MemoryPlan): string {
  const rest = `batches made ahead ${formatBytes(batches)}, TensorFlow and Node ${formatBytes(runtime)}`;
  return (
    `Memory: about ${formatBytes(total)}: weights ${formatBytes(weights)}, optimizer ${formatBytes(optimizer)}, ` +
    `values of the steps ${formatBytes(values.total)}, ${rest}`
  );
}

/** All parts, for one who has to choose. */
export function memoryTable(plan: MemoryPlan): string[] {
  const { phase, batch_size: images, image_size: side, total } = plan;
  const rows = partsOf(plan).map(({ label, bytes }) => [label, formatBytes(bytes)]);
  return [
    `Plan of memory for ${labelOf(phase)}, batches of ${images} images of ${side} x ${side} pixels:`,
    ...alignColumns([...rows, ['total', formatBytes(total)]]).map((line) => `  ${line}`),
  ];
}

/** The largest parts that params decide on, with these: `values of backbone 12.10 GB (data.image_size 512)`. */
export function largestParts(plan: MemoryPlan, params: Params, count: number): string[] {
  return partsOf(plan)
    .map((part) => ({ ...part, deciding: part.keys(params).join(', ') }))
    .filter(({ deciding }) => deciding !== '')
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, count)
    .map(({ label, bytes, deciding }) => `${label} ${formatBytes(bytes)} (${deciding})`);
}

function partsOf({ weights, optimizer, values, batches, runtime }: MemoryPlan): PlannedPart[] {
  const ofModel = (Object.keys(VALUE_KEYS) as (keyof typeof VALUE_KEYS)[]).map((part) => ({
    label: `values of ${PART_LABELS[part]}`,
    bytes: values[part],
    keys: VALUE_KEYS[part],
  }));
  return [
    {
      label: 'weights',
      bytes: weights,
      keys: ({ model }) => [`model.box_head_width ${model.box_head_width}`],
    },
    { label: 'optimizer, averages', bytes: optimizer, keys: optimizerKeys },
    ...ofModel,
    {
      label: 'batches made ahead',
      bytes: batches,
      keys: ({ data }) => [`data.image_size ${data.image_size}`],
    },
    { label: 'TensorFlow and Node', bytes: runtime, keys: () => [] },
  ];
}

const sizeKeys = ({ data, train }: Params) =>
  train.image_sizes
    ? [`train.image_sizes [${train.image_sizes.join(', ')}]`]
    : [`data.image_size ${data.image_size}`];

const optimizerKeys = ({ train }: Params) => [
  `train.optimizer ${train.optimizer}`,
  ...(train.ema_decay === null ? [] : [`train.ema_decay ${train.ema_decay}`]),
];

const VALUE_KEYS: Readonly<Record<Exclude<keyof ByPart, 'total'>, PlannedPart['keys']>> = {
  backbone: sizeKeys,
  fpn: sizeKeys,
  rpn: sizeKeys,
  box: ({ model }) => [
    `model.roi.samples ${model.roi.samples}`,
    `model.rpn.post_nms_top_k ${model.rpn.post_nms_top_k}`,
  ],
  mask: ({ model }) => [
    `model.roi.mask_samples ${model.roi.mask_samples}`,
    `model.detection.max_detections ${model.detection.max_detections}`,
  ],
  other: ({ data }) => [`data.max_instances ${data.max_instances}`],
};
