/**
 * Where the trainings run: one small prepared data set for all, and for each training a folder of its own that looks the
 * same from inside, so that equal runs leave equal bytes.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { loadParams } from '../../src/params/load.ts';
import type { Params } from '../../src/params/schema.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const PROGRAM = join(ROOT, 'bin/aerial.js');

/** What the programs of this folder find around them: no account, no chatter. */
export const QUIET = { WANDB_MODE: 'disabled', TF_CPP_MIN_LOG_LEVEL: '2', NO_COLOR: '1' };

/**
 * The smallest training that has all that a checkpoint must bring back: two passes of eight updates of two batches each (the last one has only one),
 * random augmentation, an optimizer with moments, moving averages.
 */
const SMALLEST = [
  ...['device=cpu', 'paths.prepared=prepared', 'paths.runs=runs'],
  ...['data.source=synthetic', 'data.custom=[]', 'data.path=null', 'data.min_area=30'],
  ...[
    'data.synthetic.size=128',
    'data.synthetic.train=30',
    'data.synthetic.valid=4',
    'data.synthetic.test=1',
  ],
  ...['data.image_size=64', 'data.max_instances=6', 'data.instance_mask_size=28', 'data.workers=1'],
  ...['augment.scale=[0.8,1.4]', 'augment.brightness=0.2', 'augment.noise=0.3', 'augment.copy_paste=0.3'],
  ...['model.custom.stem_width=8', 'model.custom.stage_widths=[8,8,16,16]', 'model.custom.cbam_reduction=2'],
  ...['model.group_norm_groups=4', 'model.fpn_channels=8', 'model.box_head_width=16'],
  ...['model.mask_head_channels=8', 'model.mask_head_layers=1', 'model.detection.max_detections=8'],
  ...['model.rpn.pre_nms_top_k=32', 'model.rpn.post_nms_top_k=16', 'model.rpn.samples=32'],
  ...['model.roi.samples=16', 'model.roi.mask_samples=4'],
  ...['train.model_type=custom', 'train.epochs=2', 'train.max_minutes=null', 'train.patience=null'],
  ...['train.batch_size=2', 'train.accumulation_steps=2', 'train.warmup_steps=4', 'train.ema_decay=0.9'],
  ...['train.augment=true', 'train.precision=float32', 'train.deterministic=true', 'train.compile=true'],
  ...['train.checkpoint.steps=3', 'train.checkpoint.keep=2', 'tracking.images=1'],
];

/** A folder in which trainings have their places. */
export interface Workplace {
  folder: string;
  params: Params;
}

/**
 * Makes params and prepared data, unless they are there already.
 * @param changes `KEY=VALUE` texts on top of the smallest training
 */
export async function makeWorkplace(folder: string, changes: readonly string[] = []): Promise<Workplace> {
  const params = await loadParams(join(ROOT, 'params.yaml'), [...SMALLEST, ...changes]);
  const [file, yaml] = [join(folder, 'params.yaml'), stringify(params)];
  const before = await readFile(file, 'utf8').catch(() => null);
  if (before === yaml && existsSync(join(folder, 'prepared/manifest.json'))) return { folder, params };
  await mkdir(folder, { recursive: true });
  await writeFile(file, yaml);
  await execa(process.execPath, [PROGRAM, 'data-prep'], { cwd: folder, env: QUIET });
  return { folder, params };
}

/**
 * A new, empty place below the workplace's folder.
 * @param cold whether the training has to record its graphs, instead of finding those of the trainings before
 * @returns the folder in which to run `aerial train`
 */
export async function makePlace({ folder }: Workplace, name: string, { cold = false } = {}): Promise<string> {
  const [place, graphs] = [join(folder, name), join(folder, 'graph-cache')];
  await rm(place, { recursive: true, force: true });
  await mkdir(join(place, 'runs'), { recursive: true });
  await mkdir(graphs, { recursive: true });
  await copyFile(join(folder, 'params.yaml'), join(place, 'params.yaml'));
  await symlink(join(folder, 'prepared'), join(place, 'prepared'));
  if (!cold) await symlink(graphs, join(place, 'runs/graph-cache'));
  return place;
}
