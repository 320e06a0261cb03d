/** What a golden file holds, and how near to it our model must come. */
import type { HostTensor } from '../../src/model/safetensors.ts';
import { notFinite } from './compare.ts';

const FEATURES = 1e-3;
const ROI_ALIGN = 1e-4;
const HEADS = 1e-3;

/** C2-C5. */
export const BODY_LEVELS = ['0', '1', '2', '3'] as const;
/** P2-P6. */
export const PYRAMID_LEVELS = [...BODY_LEVELS, 'pool'] as const;

const MAPS = [
  ...BODY_LEVELS.map((level) => `body.${level}`),
  ...PYRAMID_LEVELS.map((level) => `fpn.${level}`),
];

/** Tensors that are compared value by value: the largest difference allowed, in deviations. */
export const TENSOR_TOLERANCES: ReadonlyMap<string, number> = new Map([
  ...MAPS.flatMap((map): [string, number][] => [
    [`${map}.slice`, FEATURES],
    [`${map}.mean_std`, FEATURES],
  ]),
  ...PYRAMID_LEVELS.flatMap((_, i): [string, number][] => [
    [`rpn.logits.${i}`, HEADS],
    [`rpn.deltas.${i}.slice`, HEADS],
  ]),
  ['roi_align.first20', ROI_ALIGN],
  ['box.class_logits', HEADS],
  ['box.deltas', HEADS],
  ['mask.logits.class1', HEADS],
]);

/** The tensors of the detections, which are matched by their boxes, as `proposals` are. */
export const DETECTION_KEYS = ['det.boxes', 'det.scores', 'det.labels'] as const;

const MATCHED_KEYS = ['proposals', ...DETECTION_KEYS];

/** Whether a golden file has such a tensor. */
export function isExpected(key: string): boolean {
  return key === 'image' || TENSOR_TOLERANCES.has(key) || MATCHED_KEYS.includes(key);
}

/** Why boxes, scores or labels of a file cannot be used, by key; empty when all of them can. */
export function matchedKeyFaults(tensors: ReadonlyMap<string, HostTensor>): ReadonlyMap<string, string> {
  const count = tensors.get('det.boxes')?.shape[0] ?? 'D';
  const shapes = {
    proposals: ['P', 4],
    'det.boxes': ['D', 4],
    'det.scores': [count],
    'det.labels': [count],
  };
  const faults = new Map<string, string>();
  for (const [key, shape] of Object.entries(shapes)) {
    const fault = faultOf(tensors.get(key), shape);
    if (fault !== null) faults.set(key, fault);
  }
  return faults;
}

export const MISSING = 'the file lacks it';

/** @param shape a letter stands for any length */
function faultOf(tensor: HostTensor | undefined, shape: readonly (number | string)[]): string | null {
  if (!tensor) return MISSING;
  const fits =
    tensor.shape.length === shape.length &&
    shape.every((length, i) => typeof length === 'string' || length === tensor.shape[i]);
  return fits
    ? notFinite(tensor.values, 'stored value')
    : `the file has [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`;
}
