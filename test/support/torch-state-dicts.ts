import { regenerateTensor } from '../../scripts/golden/weights.ts';
import type { ResNetName } from '../../src/model/resnet.ts';
import type { HostTensor } from '../../src/model/safetensors.ts';

/** Names and shapes of a state dict's floating point tensors, in PyTorch's layouts. */
export type Shapes = Map<string, readonly number[]>;

type Entries = Generator<[string, readonly number[]]>;

/** What torchvision's `maskrcnn_resnet50_fpn` has by default; `names` changed in torchvision 0.13. */
export const MASK_RCNN = {
  network: 'resnet50' as ResNetName,
  channels: 256,
  boxSize: 7,
  boxWidth: 1024,
  maskChannels: 256,
  maskLayers: 4,
  anchors: 3,
  classes: 91,
  names: 'new' as 'new' | 'old',
};

const BLOCKS = {
  resnet18: [2, 2, 2, 2],
  resnet34: [3, 4, 6, 3],
  resnet50: [3, 4, 6, 3],
  resnet101: [3, 4, 23, 3],
};

/** Of torchvision's ResNets; timm's have the same. */
export function resNetShapes(network: ResNetName): Shapes {
  const last = network === 'resnet18' || network === 'resnet34' ? 512 : 2048;
  return new Map([...bodyShapes(network), ...layerShapes('fc', [1000, last])]);
}

export function maskRcnnShapes(options: typeof MASK_RCNN): Shapes {
  return new Map([
    ...withPrefix('backbone.body.', bodyShapes(options.network)),
    ...withPrefix('backbone.fpn.', pyramidShapes(options)),
    ...withPrefix('rpn.head.', rpnShapes(options)),
    ...withPrefix('roi_heads.', headShapes(options)),
  ]);
}

/** Values that follow from the names. */
export function fill(shapes: Shapes): Map<string, HostTensor> {
  return new Map([...shapes].map(([name, shape]) => [name, regenerateTensor(name, shape)]));
}

/** The same tensors under names that all begin with `prefix`. */
export function renamed<T>(tensors: ReadonlyMap<string, T>, prefix: string): Map<string, T> {
  return new Map([...tensors].map(([name, tensor]) => [prefix + name, tensor]));
}

function* withPrefix(prefix: string, entries: Entries): Entries {
  for (const [name, shape] of entries) yield [prefix + name, shape];
}

function* bodyShapes(network: ResNetName): Entries {
  const basic = network === 'resnet18' || network === 'resnet34';
  yield ['conv1.weight', [64, 3, 7, 7]];
  yield* normShapes('bn1', 64);
  let inputs = 64;
  for (const [i, count] of BLOCKS[network].entries()) {
    const width = 64 * 2 ** i;
    const outputs = basic ? width : width * 4;
    for (let b = 0; b < count; b++) {
      const name = `layer${i + 1}.${b}`;
      const convs = basic
        ? [
            [width, inputs, 3],
            [width, width, 3],
          ]
        : [
            [width, inputs, 1],
            [width, width, 3],
            [outputs, width, 1],
          ];
      for (const [c, [to, from, kernel]] of convs.entries()) {
        yield [`${name}.conv${c + 1}.weight`, [to!, from!, kernel!, kernel!]];
        yield* normShapes(`${name}.bn${c + 1}`, to!);
      }
      if (inputs !== outputs) {
        yield [`${name}.downsample.0.weight`, [outputs, inputs, 1, 1]];
        yield* normShapes(`${name}.downsample.1`, outputs);
      }
      inputs = outputs;
    }
  }
}

function* pyramidShapes({ network, channels, names }: typeof MASK_RCNN): Entries {
  const inner = names === 'new' ? '.0' : '';
  const widths =
    network === 'resnet18' || network === 'resnet34' ? [64, 128, 256, 512] : [256, 512, 1024, 2048];
  for (const [i, width] of widths.entries()) {
    yield* layerShapes(`inner_blocks.${i}${inner}`, [channels, width, 1, 1]);
    yield* layerShapes(`layer_blocks.${i}${inner}`, [channels, channels, 3, 3]);
  }
}

function* rpnShapes({ channels, anchors, names }: typeof MASK_RCNN): Entries {
  yield* layerShapes(names === 'new' ? 'conv.0.0' : 'conv', [channels, channels, 3, 3]);
  yield* layerShapes('cls_logits', [anchors, channels, 1, 1]);
  yield* layerShapes('bbox_pred', [anchors * 4, channels, 1, 1]);
}

function* headShapes(options: typeof MASK_RCNN): Entries {
  const { channels, boxSize, boxWidth, maskChannels, maskLayers, classes, names } = options;
  yield* layerShapes('box_head.fc6', [boxWidth, channels * boxSize ** 2]);
  yield* layerShapes('box_head.fc7', [boxWidth, boxWidth]);
  yield* layerShapes('box_predictor.cls_score', [classes, boxWidth]);
  yield* layerShapes('box_predictor.bbox_pred', [classes * 4, boxWidth]);
  for (let i = 0; i < maskLayers; i++) {
    const name = names === 'new' ? `mask_head.${i}.0` : `mask_head.mask_fcn${i + 1}`;
    yield* layerShapes(name, [maskChannels, i === 0 ? channels : maskChannels, 3, 3]);
  }
  yield* layerShapes('mask_predictor.conv5_mask', [maskChannels, maskChannels, 2, 2]);
  yield* layerShapes('mask_predictor.mask_fcn_logits', [classes, maskChannels, 1, 1]);
}

function* normShapes(name: string, channels: number): Entries {
  for (const part of ['weight', 'bias', 'running_mean', 'running_var']) yield [`${name}.${part}`, [channels]];
}

function* layerShapes(name: string, shape: readonly number[]): Entries {
  yield [`${name}.weight`, shape];
  yield [`${name}.bias`, [shape[0]!]];
}
