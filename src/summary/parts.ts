/**
 * The parts of the model, and what belongs to which of them.
 */
import type { NodeCost } from '../graph/cost.ts';
import type { Variables } from '../graph/optimizers/optimizer.ts';
import type { MemoryPeak } from '../graph/peak-memory.ts';
import { inScope, outermostScope } from '../graph/scope.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';

/** The parts that have weights, in the order in which an image goes through them. Weights' names begin with them. */
const WEIGHTED_PARTS = ['backbone', 'fpn', 'rpn', 'box', 'mask'] as const;

/** `other` is what belongs to none: the choice of proposals and detections; in training losses and gradients, too. */
type Part = (typeof WEIGHTED_PARTS)[number] | 'other';

/** A number for each part, and their sum. */
export type ByPart = Record<Part | 'total', number>;

/** Weights, and what an optimizer keeps for them, are float32 always. */
const FLOAT_BYTES = 4;

/** The model, with each part's ops in a scope of the part's name. RoIAlign belongs to the head that it serves. */
export function inParts(model: MaskRcnn): MaskRcnn {
  const backbone: MaskRcnn['backbone'] = (images) => inScope('backbone', () => model.backbone(images));
  const fpn: MaskRcnn['fpn'] = (maps) => inScope('fpn', () => model.fpn(maps));
  return {
    ...model,
    backbone,
    fpn,
    pyramid: (images) => fpn(backbone(images)),
    rpn: (pyramid) => inScope('rpn', () => model.rpn(pyramid)),
    boxHead: (pyramid, regions) => inScope('box', () => model.boxHead(pyramid, regions)),
    maskHead: (pyramid, regions) => inScope('mask', () => model.maskHead(pyramid, regions)),
  };
}

/** How many numbers variables hold: weights, or what an optimizer keeps for them. */
export function parametersByPart(variables: Variables): ByPart {
  return sumByPart([...variables].map(([name, { size }]) => [partOfWeight(name), size]));
}

/** The bytes of the same. */
export function variableBytesByPart(variables: Variables): ByPart {
  return sumByPart([...variables].map(([name, { size }]) => [partOfWeight(name), size * FLOAT_BYTES]));
}

/** Floating-point operations of a graph recorded from `inParts(model)`. @param images among which they are shared */
export function flopsByPart(nodes: readonly NodeCost[], images: number): ByPart {
  return sumByPart(nodes.map(({ name, flops }) => [partOfNode(name), flops / images]));
}

/** The bytes of the values that there are at the peak, by the part that has made them. */
export function valueBytesByPart({ live }: MemoryPeak): ByPart {
  return sumByPart(live.map(({ node, bytes }) => [partOfNode(node), bytes]));
}

/** Part by part. */
export function addByPart(...all: readonly ByPart[]): ByPart {
  const parts = [...WEIGHTED_PARTS, 'other'] as const;
  return sumByPart(all.flatMap((one) => parts.map((part) => [part, one[part]] as const)));
}

/** The straight line through two points, part by part, and never below 0. @param share 0 = at `from`, 1 = at `to` */
export function alongByPart(from: ByPart, to: ByPart, share: number): ByPart {
  const at = (part: Part) => Math.max(0, from[part] + share * (to[part] - from[part]));
  return sumByPart([...WEIGHTED_PARTS, 'other' as const].map((part) => [part, at(part)]));
}

/** Each part times a factor. */
export function scaleByPart(values: ByPart, factor: number): ByPart {
  return sumByPart([...WEIGHTED_PARTS, 'other' as const].map((part) => [part, factor * values[part]]));
}

/** `fpn.lateral2.conv.kernel/momentum` → `fpn`; what belongs to no weight, such as a counter, is `other`. */
function partOfWeight(name: string): Part {
  return WEIGHTED_PARTS.find((part) => name.startsWith(`${part}.`)) ?? 'other';
}

function partOfNode(name: string): Part {
  const scope = outermostScope(name);
  return WEIGHTED_PARTS.find((part) => part === scope) ?? 'other';
}

function sumByPart(amounts: readonly (readonly [part: Part, amount: number])[]): ByPart {
  const sums: ByPart = { backbone: 0, fpn: 0, rpn: 0, box: 0, mask: 0, other: 0, total: 0 };
  for (const [part, amount] of amounts) {
    sums[part] += amount;
    sums.total += amount;
  }
  return sums;
}
