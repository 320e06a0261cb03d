/**
 * Writes `presets/`: whole params files for other purposes than the smoke run of `params.yaml`, which they follow in
 * every key and comment but the values listed here.
 *
 *   node scripts/presets.ts
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type Node, parseDocument } from 'yaml';

const ROOT = new URL('../', import.meta.url);

/** What a preset is for, and the keys in which it differs. */
interface Preset {
  purpose: string;
  values: Record<string, unknown>;
}

/** The real dataset at its full size, and sizes of pyramid, heads and samples as in the references. */
const FULL_SIZE = {
  'data.source': 'hub',
  'data.image_size': 512,
  'data.max_instances': 128,
  // As strong as imagery of unknown sensors and ground resolutions asks for; not tuned.
  'augment.scale': [0.7, 1.4],
  'augment.brightness': 0.2,
  'augment.contrast': 0.2,
  'augment.saturation': 0.2,
  'augment.hue': 0.02,
  'augment.blur': 0.1,
  'augment.noise': 0.1,
  'augment.jpeg': 0.1,
  'augment.copy_paste': 0.3,
  'model.group_norm_groups': 32,
  'model.fpn_channels': 256,
  'model.rpn.pre_nms_top_k': 1000,
  'model.rpn.post_nms_top_k': 500,
  'model.rpn.samples': 256,
  'model.roi.samples': 256,
  'model.roi.mask_samples': 32,
  'model.box_head_width': 1024,
  'model.mask_head_channels': 256,
  'model.mask_head_layers': 4,
  'model.detection.max_detections': 300,
  'train.batch_size': 4,
  'train.weight_decay': 0.05,
  'train.warmup_steps': 500,
};

/** Freeze → Fine-Tune at the pace of a large dataset. */
const TRANSFERRED = {
  'train.model_type': 'transfer',
  'train.transfer.freeze.warmup_steps': 500,
  'train.transfer.freeze.learning_rate': 0.0002,
  'train.transfer.freeze.min_learning_rate': 0.00002,
  'train.transfer.fine_tune.epochs': 10,
  'train.transfer.fine_tune.warmup_steps': 500,
  'train.transfer.fine_tune.learning_rate': 0.0001,
  'train.transfer.fine_tune.min_learning_rate': 0.000001,
};

export const PRESETS: Readonly<Record<string, Preset>> = {
  'custom-full': {
    purpose: 'The full model of train.model_type custom, from scratch on the real dataset: for a GPU.',
    values: {
      ...FULL_SIZE,
      'model.custom.stem_width': 64,
      'model.custom.stage_widths': [64, 128, 256, 512],
      'model.custom.stage_blocks': [3, 4, 6, 3],
      'model.custom.cbam_reduction': 16,
      'train.epochs': 24,
      'train.learning_rate': 0.0002,
      'train.min_learning_rate': 0.000002,
    },
  },
  transfer: {
    purpose:
      'A pretrained ResNet-50, frozen at first and then tuned, on the real dataset: for a GPU, or for patience.',
    values: {
      ...FULL_SIZE,
      ...TRANSFERRED,
      'train.transfer.freeze.epochs': 2,
    },
  },
  torchvision: {
    purpose:
      "The model of torchvision's maskrcnn_resnet50_fpn, tuned from its COCO weights (converted to safetensors, see README.md).",
    values: {
      ...FULL_SIZE,
      'model.roi.samples': 512,
      'model.roi.mask_samples': 64,
      'model.norm': 'none',
      ...TRANSFERRED,
      'train.transfer.weights': 'maskrcnn_resnet50_fpn_coco.safetensors',
      'train.transfer.freeze.epochs': 1,
      // torchvision's references keep no averages for detection.
      'train.ema_decay': null,
    },
  },
};

/** The text of `presets/NAME.yaml`. @param params the text of `params.yaml` */
export function renderPreset(params: string, { purpose, values }: Preset): string {
  const head = [
    '# yaml-language-server: $schema=../params.schema.json',
    `# ${purpose}`,
    '# Made from params.yaml by scripts/presets.ts. To use it: --params with this file, or copy it over params.yaml (dvc needs that).',
  ];
  const body = params.slice(params.indexOf('\nseed:') + 1);
  return `${head.join('\n')}\n\n${withValues(body, values)}`;
}

/** Replaces values where they stand, so that all comments stay. */
function withValues(yaml: string, values: Preset['values']): string {
  const document = parseDocument(yaml);
  const places = Object.entries(values).map(([key, value]) => {
    const node = document.getIn(key.split('.'), true) as Node | undefined;
    if (!node?.range) throw new Error(`params.yaml has no key ${key}`);
    return { start: node.range[0], end: node.range[1], text: show(value) };
  });
  return places
    .toSorted((a, b) => b.start - a.start)
    .reduce((text, { start, end, text: value }) => {
      const behind = alignComment(text.slice(end), value.length - (end - start));
      return text.slice(0, start) + value + behind;
    }, yaml);
}

/** Keeps the comment behind a value in its column, as far as there is room. @param growth of the value, characters */
function alignComment(behind: string, growth: number): string {
  const spaces = /^ +(?=#)/.exec(behind)?.[0].length ?? 0;
  return spaces === 0 ? behind : ' '.repeat(Math.max(1, spaces - growth)) + behind.slice(spaces);
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  // No exponents: YAML 1.1 readers take 1e-6 for a text.
  return typeof value === 'number' ? value.toFixed(7).replace(/\.?0+$/, '') : String(value);
}

if (import.meta.main) {
  mkdirSync(new URL('presets/', ROOT), { recursive: true });
  const params = readFileSync(new URL('params.yaml', ROOT), 'utf8');
  for (const [name, preset] of Object.entries(PRESETS)) {
    writeFileSync(new URL(`presets/${name}.yaml`, ROOT), renderPreset(params, preset));
  }
}
