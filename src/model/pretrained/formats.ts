/**
 * Files whose names are known: torchvision's and timm's ResNets, torchvision's `maskrcnn_resnet50_fpn`, and our own.
 * torchvision's names changed in 0.13; both are known, the file with COCO's weights has the old ones.
 */
import { type OrderOptions, type Recipe, type Target, torchRecipe } from './recipe.ts';

/** Whose names a file has. */
export type FormatName = 'resnet' | 'mask-rcnn' | 'aerial';

/** A network that must not be taken for that of a format. */
export interface Lookalike {
  /** For messages. */
  network: string;
  difference: string;
  instead: string;
  /** Matches names that it alone has. */
  mark: RegExp;
}

/** Where the weights of one kind of file are. */
export interface Format {
  name: FormatName;
  /** For messages. */
  example: string;
  /** Matches some names of such a file, and none of the others. */
  mark: RegExp;
  /** Names of the backbone. */
  backbone: RegExp;
  /** Names that are left out knowingly. */
  ignored: RegExp;
  /** Another network whose names are alike, though ours cannot do what it does. */
  lookalike?: Lookalike;
  /** Where a weight of ours comes from: the first of these that the file holds. */
  recipes(target: Target, options: FormatOptions): (Recipe | null)[];
}

/** What a file does not say. */
export interface FormatOptions {
  /** Channels of the pyramid. */
  regionChannels: number;
}

const FORMATS: readonly Format[] = [
  {
    name: 'aerial',
    example: 'backbone.stage2.block0.conv1.kernel of this program',
    mark: /^backbone\.stage[2-5]\.block0\./,
    backbone: /^backbone\./,
    ignored: /^$/,
    recipes: ({ name, shape }) => [
      { sources: [name], shape, outputAxis: shape.length - 1, convert: (values) => values },
    ],
  },
  {
    name: 'mask-rcnn',
    example: 'backbone.body.layer1.0.conv1.weight of torchvision’s maskrcnn_resnet50_fpn',
    mark: /^backbone\.body\.layer[1-4]\./,
    backbone: /^backbone\.body\./,
    ignored: /\.num_batches_tracked$/,
    lookalike: {
      network: 'maskrcnn_resnet50_fpn_v2',
      difference: 'batch norm in pyramid and heads, more layers in RPN and box head',
      instead: 'torchvision’s maskrcnn_resnet50_fpn or of a ResNet',
      mark: /^(backbone\.fpn\.\w+\.\d+\.1|roi_heads\.mask_head\.\d+\.1|rpn\.head\.conv\.1|roi_heads\.box_head\.\d+\.0)\./,
    },
    recipes: (target, options) =>
      maskRcnnModules(moduleOf(target)).map((module) =>
        torchRecipe(target, module, orderOf(target, options)),
      ),
  },
  {
    name: 'resnet',
    example: 'layer1.0.conv1.weight of torchvision’s or timm’s ResNets',
    mark: /^layer[1-4]\.0\.conv1\./,
    backbone: /^(conv1|bn1|layer\d)\./,
    ignored: /^fc\.|\.num_batches_tracked$/,
    recipes: (target) => resNetModules(moduleOf(target)).map((module) => torchRecipe(target, module)),
  },
];

/** What wrappers put before every name. */
const PREFIXES = ['module.', 'model.', 'backbone.'];

/**
 * The format of a file and what stands before each of its names.
 * @returns null when the names are of no known format
 */
export function recogniseFormat(names: readonly string[]): { format: Format; prefix: string } | null {
  const format = FORMATS.find(({ mark }) => names.some((name) => mark.test(name)));
  if (format) return { format, prefix: '' };
  const prefix = PREFIXES.find((start) => names.length > 0 && names.every((name) => name.startsWith(start)));
  if (prefix === undefined) return null;
  const inner = recogniseFormat(names.map((name) => name.slice(prefix.length)));
  return inner && { ...inner, prefix: prefix + inner.prefix };
}

/** For messages: a name of each format. */
export const FORMAT_EXAMPLES = FORMATS.map(({ example }) => example);

function moduleOf({ name }: Target): string {
  return name.slice(0, name.lastIndexOf('.'));
}

/** The box head reads a map as one row, and two layers put out box offsets. */
function orderOf({ name, shape }: Target, { regionChannels }: FormatOptions): OrderOptions {
  return {
    boxDeltas: name.includes('.boxDeltas.'),
    window: name === 'box.dense1.kernel' ? Math.sqrt(shape[0]! / regionChannels) : 1,
  };
}

const RESNET_PARTS: Readonly<Record<string, string>> = {
  conv: 'conv',
  norm: 'bn',
  'shortcut.conv': 'downsample.0',
  'shortcut.norm': 'downsample.1',
};

function resNetModules(ours: string): string[] {
  const stem = /^backbone\.stem\.(conv|norm)1$/.exec(ours);
  if (stem) return [`${RESNET_PARTS[stem[1]!]}1`];
  const block = /^backbone\.stage(\d)\.block(\d+)\.([a-z.]+)(\d?)$/.exec(ours);
  const part = RESNET_PARTS[block?.[3] ?? ''];
  return block && part ? [`layer${Number(block[1]) - 1}.${block[2]}.${part}${block[4]}`] : [];
}

const MASK_RCNN_MODULES: Readonly<Record<string, readonly string[]>> = {
  'rpn.conv': ['rpn.head.conv.0.0', 'rpn.head.conv'],
  'rpn.logits': ['rpn.head.cls_logits'],
  'rpn.boxDeltas': ['rpn.head.bbox_pred'],
  'box.dense1': ['roi_heads.box_head.fc6'],
  'box.dense2': ['roi_heads.box_head.fc7'],
  'box.classLogits': ['roi_heads.box_predictor.cls_score'],
  'box.boxDeltas': ['roi_heads.box_predictor.bbox_pred'],
  'mask.upsample': ['roi_heads.mask_predictor.conv5_mask'],
  'mask.logits': ['roi_heads.mask_predictor.mask_fcn_logits'],
};

function maskRcnnModules(ours: string): readonly string[] {
  const pyramid = /^fpn\.(lateral|output)(\d)\.conv$/.exec(ours);
  if (pyramid) {
    const blocks = pyramid[1] === 'lateral' ? 'inner_blocks' : 'layer_blocks';
    const module = `backbone.fpn.${blocks}.${Number(pyramid[2]) - 2}`;
    return [`${module}.0`, module];
  }
  const mask = /^mask\.conv(\d+)$/.exec(ours);
  if (mask) return [`roi_heads.mask_head.${Number(mask[1]) - 1}.0`, `roi_heads.mask_head.mask_fcn${mask[1]}`];
  return MASK_RCNN_MODULES[ours] ?? resNetModules(ours).map((module) => `backbone.body.${module}`);
}
