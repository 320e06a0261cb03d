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
    ],
    fault: batchMemoryFault,
  },
  groupNormRule(['model', 'custom', 'stem_width'], ({ model }) => model.custom.stem_width),
  ...[0, 1, 2, 3].map((stage) =>
    groupNormRule(
      ['model', 'custom', 'stage_widths', stage],
      ({ model }) => model.custom.stage_widths[stage] ?? 0,
    ),
  ),
  groupNormRule(['model', 'fpn_channels'], ({ model }) => model.fpn_channels),
  groupNormRule(['model', 'mask_head_channels'], ({ model }) => model.mask_head_channels),
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
    reads: [
      ['train', 'min_learning_rate'],
      ['train', 'learning_rate'],
    ],
    fault: ({ train }) =>
      train.min_learning_rate > train.learning_rate
        ? `must be <= train.learning_rate (${train.learning_rate}), got ${train.min_learning_rate}`
        : null,
  },
];

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

function groupNormRule(
  key: CrossFieldRule['reads'][number],
  width: (params: Params) => number,
): CrossFieldRule {
  return {
    reads: [key, ['model', 'group_norm_groups']],
    fault: (params) => {
      const groups = params.model.group_norm_groups;
      return width(params) % groups === 0
        ? null
        : `must be a multiple of model.group_norm_groups (${groups}), got ${width(params)}`;
    },
  };
}

/** Host memory that the images and masks of one batch may take. */
const BATCH_GIBIBYTES = 16;

const FLOAT_BYTES = 4;

function batchMemoryFault({ data, train }: Params): string | null {
  const { image_size: side, max_instances: instances, instance_mask_size: maskSide } = data;
  const imageBytes = (side ** 2 * 3 + instances * maskSide ** 2) * FLOAT_BYTES;
  const most = Math.floor((BATCH_GIBIBYTES * 1024 ** 3) / imageBytes);
  return train.batch_size > most
    ? `must be <= ${most} for a batch to fit into ${BATCH_GIBIBYTES} GiB of memory with data.image_size (${side}), data.max_instances (${instances}) and data.instance_mask_size (${maskSide}), got ${train.batch_size}`
    : null;
}

/** data-prep replaces the prepared folder as a whole: nothing else may lie in it. */
function preparedFolderFault({ paths, data }: Params): string | null {
  const others = [paths.raw, paths.runs, data.path, ...data.custom, '.'].filter((other) => other !== null);
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
