/** Names and shapes, in PyTorch's layouts, of the float tensors in the state dict of `maskrcnn_resnet50_fpn(num_classes=2)`. */

/** Bottleneck blocks of the four stages and the width of their 3x3 convolutions. He et al. 2015, table 1. */
const STAGES = [
  { blocks: 3, width: 64 },
  { blocks: 4, width: 128 },
  { blocks: 6, width: 256 },
  { blocks: 3, width: 512 },
];
/** A block puts out this many times its width. */
const EXPANSION = 4;
const STEM_WIDTH = 64;
const PYRAMID_CHANNELS = 256;
const BOX_SIZE = 7;
const BOX_WIDTH = 1024;
const MASK_LAYERS = 4;
const ANCHORS = 3;
const CLASSES = 2;

type Shape = readonly number[];

/** By name, in the order of the state dict. */
export function stateDictShapes(): ReadonlyMap<string, Shape> {
  return new Map([...body(), ...fpn(), ...rpn(), ...boxHead(), ...maskHead()]);
}

function* body(): Generator<[string, Shape]> {
  yield ['backbone.body.conv1.weight', [STEM_WIDTH, 3, 7, 7]];
  yield* batchNorm('backbone.body.bn1', STEM_WIDTH);
  let inputs = STEM_WIDTH;
  for (const [i, { blocks, width }] of STAGES.entries()) {
    for (let b = 0; b < blocks; b++) {
      yield* bottleneck(`backbone.body.layer${i + 1}.${b}`, inputs, width);
      inputs = width * EXPANSION;
    }
  }
}

function* bottleneck(name: string, inputs: number, width: number): Generator<[string, Shape]> {
  const outputs = width * EXPANSION;
  yield [`${name}.conv1.weight`, [width, inputs, 1, 1]];
  yield* batchNorm(`${name}.bn1`, width);
  yield [`${name}.conv2.weight`, [width, width, 3, 3]];
  yield* batchNorm(`${name}.bn2`, width);
  yield [`${name}.conv3.weight`, [outputs, width, 1, 1]];
  yield* batchNorm(`${name}.bn3`, outputs);
  // Every stage begins with a block that changes the number of channels; the others need no projection.
  if (inputs === outputs) return;
  yield [`${name}.downsample.0.weight`, [outputs, inputs, 1, 1]];
  yield* batchNorm(`${name}.downsample.1`, outputs);
}

function* batchNorm(name: string, channels: number): Generator<[string, Shape]> {
  for (const part of ['weight', 'bias', 'running_mean', 'running_var']) yield [`${name}.${part}`, [channels]];
}

function* fpn(): Generator<[string, Shape]> {
  for (const [i, { width }] of STAGES.entries()) {
    yield* layer(`backbone.fpn.inner_blocks.${i}.0`, [PYRAMID_CHANNELS, width * EXPANSION, 1, 1]);
  }
  for (const i of STAGES.keys()) {
    yield* layer(`backbone.fpn.layer_blocks.${i}.0`, [PYRAMID_CHANNELS, PYRAMID_CHANNELS, 3, 3]);
  }
}

function* rpn(): Generator<[string, Shape]> {
  yield* layer('rpn.head.conv.0.0', [PYRAMID_CHANNELS, PYRAMID_CHANNELS, 3, 3]);
  yield* layer('rpn.head.cls_logits', [ANCHORS, PYRAMID_CHANNELS, 1, 1]);
  yield* layer('rpn.head.bbox_pred', [ANCHORS * 4, PYRAMID_CHANNELS, 1, 1]);
}

function* boxHead(): Generator<[string, Shape]> {
  yield* layer('roi_heads.box_head.fc6', [BOX_WIDTH, PYRAMID_CHANNELS * BOX_SIZE ** 2]);
  yield* layer('roi_heads.box_head.fc7', [BOX_WIDTH, BOX_WIDTH]);
  yield* layer('roi_heads.box_predictor.cls_score', [CLASSES, BOX_WIDTH]);
  yield* layer('roi_heads.box_predictor.bbox_pred', [CLASSES * 4, BOX_WIDTH]);
}

function* maskHead(): Generator<[string, Shape]> {
  for (let i = 0; i < MASK_LAYERS; i++) {
    yield* layer(`roi_heads.mask_head.${i}.0`, [PYRAMID_CHANNELS, PYRAMID_CHANNELS, 3, 3]);
  }
  yield* layer('roi_heads.mask_predictor.conv5_mask', [PYRAMID_CHANNELS, PYRAMID_CHANNELS, 2, 2]);
  yield* layer('roi_heads.mask_predictor.mask_fcn_logits', [CLASSES, PYRAMID_CHANNELS, 1, 1]);
}

/** A weight and a bias for each of its outputs (for the only transposed one, `conv5_mask`, both sides are equal). */
function* layer(name: string, shape: Shape): Generator<[string, Shape]> {
  yield [`${name}.weight`, shape];
  yield [`${name}.bias`, [shape[0]!]];
}
