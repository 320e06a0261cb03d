/**
 * What `params.yaml` may hold: types and ranges, and nothing else. Rules between keys are in `cross-field.ts`.
 * There are no defaults here: every key must stand in the file, so that the file tells the whole story.
 * The meaning of each key is the comment beside it in `params.yaml`.
 *
 * Messages go on from the name of the key ("train.epochs …"); `faults.ts` adds what was got.
 */
import { z } from 'zod';
import { hubReferenceFault } from '../system/hub-reference.ts';
import { MOST_ACCUMULATED } from './limits.ts';

/** The message for a value of the wrong type; ranges get theirs from `faults.ts`. */
const typeError = (message: string) => ({
  error: (issue: { code: string }) => (issue.code === 'invalid_type' ? message : undefined),
});

const number = z.number(typeError('must be a number'));
const whole = z.int(typeError('must be a whole number'));
const text = z.string(typeError('must be a text'));
const trueOrFalse = z.boolean(typeError('must be true or false'));

const fraction = number.min(0).max(1);
const aboveZero = number.positive().max(1);
const betweenZeroAndOne = number.positive().lt(1);
// Upper limits are far above what is of use: they turn a slip into a message instead of a crash for want of memory.
const countUpTo = (most: number) => whole.positive().max(most);
const items = countUpTo(100_000);
const imageSize = whole.min(64).max(2048).multipleOf(32);
const samples = whole.min(2).max(100_000);
const width = countUpTo(8192);
const layers = countUpTo(200);
const cells = countUpTo(64);
const pixels = number.positive().max(65_536);
const positive = number.positive().max(1e6);
const nonNegative = number.nonnegative().max(1e6);
const path = text.min(1);
const textOrNull = z.string(typeError('must be a text or null')).min(1).nullable();
const four = (count: typeof width) =>
  z.tuple([count, count, count, count], 'must be a list of 4 whole numbers');

/** null is no pattern, and right. */
function isPatternWithGroup(pattern: string | null): boolean {
  if (pattern === null) return true;
  try {
    // Beside an empty alternative every pattern matches, and says how many groups it has.
    return new RegExp(`${pattern}|`).exec('')!.length > 1;
  } catch {
    return false;
  }
}

const paths = z.strictObject({ prepared: path, runs: path });

const data = z.strictObject({
  source: z.enum(['hub', 'local', 'synthetic']),
  path: textOrNull,
  hub: z.strictObject({
    repo: text.regex(/^[\w.-]+\/[\w.-]+$/, 'must look like owner/name'),
    revision: text.regex(/^[0-9a-f]{40}$/, 'must be a full commit hash (40 hex digits)'),
  }),
  custom: z.array(path, typeError('must be a list of folders')),
  custom_valid: number.min(0).lt(1),
  split: z.strictObject({
    valid: number.positive().lt(1),
    test: number.positive().lt(1),
    block: countUpTo(1000),
    scene: textOrNull.refine(isPatternWithGroup, 'must be a regular expression with a group'),
  }),
  doctor: z.strictObject({
    strict: trueOrFalse,
    empty_images: z.enum(['keep', 'drop']),
    leaks: z.enum(['remove', 'keep']),
    duplicate_bits: whole.min(0).max(16),
    duplicate_iou: aboveZero,
  }),
  synthetic: z.strictObject({ size: whole.min(128).max(2048), train: items, valid: items, test: items }),
  min_area: nonNegative,
  image_size: imageSize,
  max_instances: whole.min(1).max(1000),
  instance_mask_size: whole.min(14).max(224),
  workers: z.int(typeError('must be a whole number or null')).min(0).max(64).nullable(),
});

const interval = (value: z.ZodNumber) => z.tuple([value, value], 'must be a list of 2 numbers');

const augment = z.strictObject({
  symmetries: trueOrFalse,
  scale: interval(number.min(0.1).max(10)),
  min_visible: fraction,
  brightness: fraction,
  contrast: fraction,
  saturation: fraction,
  hue: number.min(0).max(0.5),
  blur: fraction,
  blur_sigma: interval(number.min(0.3).max(10)),
  noise: fraction,
  noise_sigma: interval(fraction),
  jpeg: fraction,
  jpeg_quality: interval(whole.min(1).max(100)),
  copy_paste: fraction,
  copy_paste_buildings: countUpTo(100),
  mosaic: fraction,
});

const boxWeights = z.tuple([positive, positive, positive, positive], 'must be a list of 4 numbers');

const model = z.strictObject({
  custom: z.strictObject({
    stem_width: width,
    stage_widths: four(width),
    stage_blocks: four(layers),
    cbam_reduction: width,
    cbam_kernel: whole
      .min(3)
      .max(15)
      .refine((size) => size % 2 === 1, 'must be odd'),
  }),
  transfer: z.strictObject({ backbone: z.enum(['resnet18', 'resnet34', 'resnet50', 'resnet101']) }),
  norm: z.enum(['group', 'none']),
  group_norm_groups: width,
  fpn_channels: width,
  anchor_sizes: z.tuple([pixels, pixels, pixels, pixels, pixels], 'must be a list of 5 numbers'),
  anchor_ratios: z.array(number.min(0.01).max(100), typeError('must be a list of numbers')).min(1).max(100),
  box_scale_clamp: number.gt(1).max(1e6),
  rpn: z.strictObject({
    pre_nms_top_k: items,
    post_nms_top_k: items,
    score_threshold: number.min(0).lt(1),
    min_size: nonNegative,
    nms_threshold: aboveZero,
    positive_iou: aboveZero,
    negative_iou: fraction,
    low_quality_matches: trueOrFalse,
    samples,
    positive_fraction: aboveZero,
    box_weights: boxWeights,
  }),
  roi: z.strictObject({
    positive_iou: aboveZero,
    negative_iou: fraction,
    samples,
    positive_fraction: aboveZero,
    mask_samples: items,
    box_weights: boxWeights,
    canonical_size: pixels,
    box_size: cells,
    sampling_ratio: countUpTo(8),
    mask_size: cells,
  }),
  box_head_width: width,
  mask_head_channels: width,
  mask_head_layers: layers,
  detection: z.strictObject({
    score_threshold: fraction,
    min_size: nonNegative,
    nms_threshold: aboveZero,
    max_detections: items,
    mask_threshold: fraction,
  }),
});

const classification = z.enum(['cross_entropy', 'focal']);

const loss = z.strictObject({
  objectness_weight: nonNegative,
  rpn_box_weight: nonNegative,
  class_weight: nonNegative,
  box_weight: nonNegative,
  focal_weight: nonNegative,
  dice_weight: nonNegative,
  objectness: classification,
  class: classification,
  region_focal_gamma: nonNegative,
  region_focal_alpha: fraction,
  smooth_l1_beta: positive,
  focal_gamma: nonNegative,
  focal_alpha: fraction,
  dice_smooth: positive,
  boundary_weight: nonNegative,
  boundary_width: countUpTo(8),
  touching_weight: nonNegative,
  touching_distance: positive.max(64),
});

const precision = z.enum(['float32', 'bfloat16', 'float16']);

const phase = {
  epochs: whole.min(0).max(1_000_000),
  learning_rate: positive,
  min_learning_rate: nonNegative,
  warmup_steps: whole.min(0).max(1_000_000_000),
};

const transfer = z.strictObject({
  weights: textOrNull.refine((place) => hubReferenceFault(place ?? '') === null, {
    error: ({ input }) => hubReferenceFault(String(input)),
  }),
  min_matched: fraction,
  freeze: z.strictObject(phase),
  fine_tune: z.strictObject({
    ...phase,
    stages: whole.min(0).max(5),
    layer_decay: aboveZero,
    train_norms: trueOrFalse,
  }),
});

const train = z.strictObject({
  model_type: z.enum(['custom', 'transfer']),
  epochs: countUpTo(1_000_000),
  max_minutes: z.number(typeError('must be a number or null')).positive().nullable(),
  patience: z.int(typeError('must be a whole number or null')).min(1).max(1_000_000).nullable(),
  batch_size: countUpTo(4096),
  image_sizes: z
    .array(imageSize, typeError('must be a list of whole numbers or null'))
    .min(1)
    .max(5)
    .nullable(),
  optimizer: z.enum(['adamw', 'sgd']),
  learning_rate: positive,
  min_learning_rate: nonNegative,
  warmup_steps: whole.min(0).max(1_000_000_000),
  schedule: z.enum(['cosine', 'step', 'constant']),
  step_decay: z.strictObject({
    at: z.array(betweenZeroAndOne, typeError('must be a list of numbers')).min(1).max(20),
    factor: betweenZeroAndOne,
  }),
  transfer,
  weight_decay: nonNegative,
  momentum: number.min(0).lt(1),
  nesterov: trueOrFalse,
  beta2: number.min(0).lt(1),
  gradient_clip_norm: positive,
  accumulation_steps: countUpTo(MOST_ACCUMULATED),
  ema_decay: number.min(0).lt(1).nullable(),
  checkpoint: z.strictObject({ steps: countUpTo(1_000_000), keep: countUpTo(1000) }),
  non_finite: z.strictObject({
    action: z.enum(['stop', 'skip', 'roll_back']),
    most: countUpTo(1_000_000),
    rate_factor: aboveZero,
  }),
  spike_factor: z.number(typeError('must be a number or null')).gt(1).nullable(),
  memory: z.strictObject({ plan: z.enum(['refuse', 'warn']), when_out: z.enum(['stop', 'halve']) }),
  augment: trueOrFalse,
  deterministic: trueOrFalse,
  compile: trueOrFalse,
  precision,
  xla: trueOrFalse,
});

const evaluate = z.strictObject({ max_detections: items });

const inference = z.strictObject({
  compile: trueOrFalse,
  precision,
  score_threshold: z.number(typeError('must be a number or null')).min(0).max(1).nullable(),
  resamples: whole.min(0).max(100_000),
  gallery: whole.min(0).max(10_000),
  max_images: z.int(typeError('must be a whole number or null')).positive().nullable(),
});

const tracking = z.strictObject({
  project: path,
  entity: textOrNull,
  run_name: textOrNull,
  images: whole.min(0).max(1000),
});

/** Types and ranges of each key; `loadParams` applies them together with the rules between keys. */
export const paramsSchema = z.strictObject({
  seed: whole.min(0).max(2 ** 31 - 1),
  device: z.enum(['auto', 'cpu', 'gpu']),
  paths,
  data,
  augment,
  model,
  loss,
  train,
  evaluate,
  inference,
  tracking,
});

/** The validated content of `params.yaml`; frozen by `loadParams`. */
export type Params = z.infer<typeof paramsSchema>;
