/** Rules of `params.yaml` that need more than one key. Messages go on from the name of the key that is to blame. */
import { relative, resolve, sep } from 'node:path';
import type { z } from 'zod';
import type { Params } from './schema.ts';

/**
 * The faults that lie between keys.
 * @param value params of which parts may be wrong
 * @param faulty paths of those parts; a rule that reads one of them rests
 */
export function crossFieldIssues(
  value: unknown,
  faulty: readonly (readonly PropertyKey[])[],
): z.core.$ZodIssueCustom[] {
  return crossFieldRules.flatMap((rule): z.core.$ZodIssueCustom[] => {
    if (faulty.some((path) => rule.reads.some((key) => startsAlike(path, key)))) return [];
    // Safe: all that this rule reads has passed the schema.
    const message = rule.fault(value as Params);
    return message === null ? [] : [{ code: 'custom', path: [...rule.reads[0]!], message }];
  });
}

/** A rule that needs more than one key. */
interface CrossFieldRule {
  /** The key that is to blame, then the others that are read. While one of them is at fault itself, the rule rests. */
  reads: readonly (readonly [string, ...(string | number)[]])[];
  /** "must be …, got …" or null. */
  fault: (params: Params) => string | null;
}

const crossFieldRules: readonly CrossFieldRule[] = [
  {
    reads: [
      ['paths', 'prepared'],
      ['paths', 'raw'],
      ['paths', 'runs'],
      ['data', 'path'],
      ['data', 'custom'],
    ],
    fault: preparedFolderFault,
  },
  {
    reads: [
      ['data', 'path'],
      ['data', 'source'],
    ],
    fault: ({ data }) =>
      data.source === 'local' && data.path === null
        ? 'must name a folder when data.source is local, got null'
        : null,
  },
  {
    reads: [
      ['data', 'split', 'valid'],
      ['data', 'split', 'test'],
    ],
    fault: ({ data: { split } }) =>
      split.valid + split.test >= 1
        ? `must leave something for train: with data.split.test (${split.test}) it must be below 1, got ${split.valid}`
        : null,
  },
  ...(['scale', 'blur_sigma', 'noise_sigma', 'jpeg_quality'] as const).map(
    (key): CrossFieldRule => ({
      reads: [['augment', key]],
      fault: ({ augment }) => {
        const [low, high] = augment[key];
        return low > high ? `must be [smallest, largest], got [${low}, ${high}]` : null;
      },
    }),
  ),
  {
    reads: [
      ['model', 'rpn', 'negative_iou'],
      ['model', 'rpn', 'positive_iou'],
    ],
    fault: ({ model: { rpn } }) =>
      rpn.negative_iou > rpn.positive_iou
        ? `must be <= model.rpn.positive_iou (${rpn.positive_iou}), got ${rpn.negative_iou}`
        : null,
  },
  {
    reads: [
      ['model', 'roi', 'negative_iou'],
      ['model', 'roi', 'positive_iou'],
    ],
    fault: ({ model: { roi } }) =>
      roi.negative_iou > roi.positive_iou
        ? `must be <= model.roi.positive_iou (${roi.positive_iou}), got ${roi.negative_iou}`
        : null,
  },
  {
    reads: [
      ['model', 'roi', 'mask_samples'],
      ['model', 'roi', 'samples'],
      ['model', 'roi', 'positive_fraction'],
    ],
    fault: ({ model: { roi } }) => {
      const positives = Math.max(1, Math.floor(roi.samples * roi.positive_fraction));
      return roi.mask_samples > positives
        ? `must be <= ${positives}, the most positives among model.roi.samples (${roi.samples}) with model.roi.positive_fraction (${roi.positive_fraction}), got ${roi.mask_samples}`
        : null;
    },
  },
  {
    reads: [
      ['model', 'detection', 'max_detections'],
      ['model', 'rpn', 'post_nms_top_k'],
    ],
    fault: ({ model: { detection, rpn } }) =>
      detection.max_detections > rpn.post_nms_top_k
        ? `must be <= model.rpn.post_nms_top_k (${rpn.post_nms_top_k}), for each detection comes from a proposal, got ${detection.max_detections}`
        : null,
  },
  {
    reads: [
      ['train', 'batch_size'],
      ['data', 'image_size'],
      ['data', 'max_instances'],
      ['data', 'instance_mask_size'],
      ['train', 'image_sizes'],
    ],
    fault: batchMemoryFault,
  },
  groupNormRule(['model', 'custom', 'stem_width'], ['train', 'model_type'], (params) =>
    params.train.model_type === 'custom' ? params.model.custom.stem_width : null,
  ),
  ...[0, 1, 2, 3].map((stage) =>
    groupNormRule(['model', 'custom', 'stage_widths', stage], ['train', 'model_type'], (params) =>
      params.train.model_type === 'custom' ? (params.model.custom.stage_widths[stage] ?? 0) : null,
    ),
  ),
  groupNormRule(['model', 'fpn_channels'], ['model', 'norm'], ({ model }) =>
    model.norm === 'group' ? model.fpn_channels : null,
  ),
  groupNormRule(['model', 'mask_head_channels'], ['model', 'norm'], ({ model }) =>
    model.norm === 'group' ? model.mask_head_channels : null,
  ),
  {
    reads: [['model', 'roi', 'mask_size']],
    fault: ({ model: { roi } }) =>
      roi.mask_size % 2 === 0 ? null : `must be even (the mask head doubles it), got ${roi.mask_size}`,
  },
  {
    reads: [
      ['loss', 'focal_weight'],
      ['loss', 'dice_weight'],
    ],
    fault: ({ loss }) =>
      loss.focal_weight === 0 && loss.dice_weight === 0
        ? 'must be > 0 when loss.dice_weight is 0: one of the mask terms is needed, got 0'
        : null,
  },
  compiledOnlyRule('train', 'precision', 'float32'),
  compiledOnlyRule('train', 'xla', false),
  compiledOnlyRule('inference', 'precision', 'float32'),
  {
    reads: [
      ['train', 'xla'],
      ['train', 'deterministic'],
    ],
    fault: ({ train }) =>
      train.xla && train.deterministic
        ? 'must be false when train.deterministic is true, which XLA does not promise, got true'
        : null,
  },
  {
    reads: [['train', 'image_sizes']],
    fault: ({ train }) => growingFault('sizes', train.image_sizes ?? []),
  },
  {
    reads: [['train', 'step_decay', 'at']],
    fault: ({ train }) => growingFault('shares', train.step_decay.at),
  },
  ratesRule(['train'], ({ train }) => train),
  ratesRule(['train', 'transfer', 'freeze'], ({ train }) => train.transfer.freeze),
  ratesRule(['train', 'transfer', 'fine_tune'], ({ train }) => train.transfer.fine_tune),
  {
    reads: [
      ['train', 'transfer', 'fine_tune', 'epochs'],
      ['train', 'transfer', 'freeze', 'epochs'],
    ],
    fault: ({ train: { transfer } }) =>
      transfer.fine_tune.epochs + transfer.freeze.epochs === 0
        ? 'must be >= 1 when train.transfer.freeze.epochs is 0, got 0'
        : null,
  },
];

function growingFault(what: string, values: readonly number[]): string | null {
  return values.every((value, i) => i === 0 || value > values[i - 1]!)
    ? null
    : `must be growing ${what}, got [${values.join(', ')}]`;
}

/** The lowest rate of a schedule is not above its highest. */
function ratesRule(
  section: readonly [string, ...string[]],
  rates: (params: Params) => { learning_rate: number; min_learning_rate: number },
): CrossFieldRule {
  return {
    reads: [
      [...section, 'min_learning_rate'],
      [...section, 'learning_rate'],
    ],
    fault: (params) => {
      const { learning_rate: peak, min_learning_rate: min } = rates(params);
      return min > peak ? `must be <= ${section.join('.')}.learning_rate (${peak}), got ${min}` : null;
    },
  };
}

/** Keys that say how a graph runs have one value only where none is made. */
function compiledOnlyRule<Stage extends 'train' | 'inference'>(
  stage: Stage,
  key: keyof Params[Stage] & string,
  eager: string | boolean,
): CrossFieldRule {
  return {
    reads: [
      [stage, key],
      [stage, 'compile'],
    ],
    fault: (params) =>
      params[stage].compile || params[stage][key] === eager
        ? null
        : `must be ${eager} when ${stage}.compile is false, got ${params[stage][key]}`,
  };
}

/** @param width null where no GroupNorm is used, which `decisive` says */
function groupNormRule(
  key: CrossFieldRule['reads'][number],
  decisive: CrossFieldRule['reads'][number],
  width: (params: Params) => number | null,
): CrossFieldRule {
  return {
    reads: [key, decisive, ['model', 'group_norm_groups']],
    fault: (params) => {
      const groups = params.model.group_norm_groups;
      const channels = width(params);
      return channels === null || channels % groups === 0
        ? null
        : `must be a multiple of model.group_norm_groups (${groups}), got ${channels}`;
    },
  };
}

/** Host memory that the images and masks of one batch may take. */
const BATCH_GIBIBYTES = 16;

const FLOAT_BYTES = 4;

function batchMemoryFault({ data, train }: Params): string | null {
  const { max_instances: instances, instance_mask_size: maskSide } = data;
  const side = Math.max(data.image_size, ...(train.image_sizes ?? []));
  const largest = side === data.image_size ? 'data.image_size' : 'the largest of train.image_sizes';
  const imageBytes = (side ** 2 * 3 + instances * maskSide ** 2) * FLOAT_BYTES;
  const most = Math.floor((BATCH_GIBIBYTES * 1024 ** 3) / imageBytes);
  return train.batch_size > most
    ? `must be <= ${most} for a batch to fit into ${BATCH_GIBIBYTES} GiB of memory with ${largest} (${side}), data.max_instances (${instances}) and data.instance_mask_size (${maskSide}), got ${train.batch_size}`
    : null;
}

/** data-prep replaces the prepared folder as a whole: nothing else may lie in it. */
function preparedFolderFault({ paths, data }: Params): string | null {
  const others = [paths.runs, data.path, ...data.custom, '.'].filter((other) => other !== null);
  const inside = others.find((other) => liesIn(other, paths.prepared));
  return inside === undefined
    ? null
    : `must be a folder of its own, because data-prep replaces it: ${JSON.stringify(inside)} lies in it, got ${JSON.stringify(paths.prepared)}`;
}

/** Whether one path is the beginning of the other. */
function startsAlike(a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean {
  return a.slice(0, b.length).every((part, i) => part === b[i]);
}

function liesIn(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way !== '..' && !way.startsWith(`..${sep}`);
}
