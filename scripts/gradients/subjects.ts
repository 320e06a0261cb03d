import { join } from 'node:path';
import { loadParams } from '../../src/params/load.ts';
import type { Params } from '../../src/params/schema.ts';

const PARAMS_FILE = join(import.meta.dirname, '../../params.yaml');

/** Small enough for hundreds of runs op by op; so many samples that every level of the pyramid has its share in the loss. */
const TINY = [
  ...['data.image_size=64', 'data.max_instances=6', 'data.instance_mask_size=28', 'train.batch_size=2'],
  ...['model.group_norm_groups=4', 'model.fpn_channels=8', 'model.box_head_width=16'],
  ...['model.mask_head_channels=8', 'model.mask_head_layers=1', 'model.custom.stem_width=8'],
  ...['model.custom.stage_widths=[8,8,16,16]', 'model.custom.cbam_reduction=2'],
  ...['model.rpn.pre_nms_top_k=32', 'model.rpn.post_nms_top_k=16', 'model.rpn.samples=2048'],
  ...['model.roi.samples=16', 'model.roi.mask_samples=4', 'model.detection.max_detections=8'],
];

/** Every term of the loss that params.yaml leaves out. */
const ALL_TERMS = [
  ...['loss.objectness=focal', 'loss.class=focal'],
  ...['loss.boundary_weight=1', 'loss.touching_weight=1'],
];

const TRANSFER = ['train.model_type=transfer', 'model.transfer.backbone=resnet18', 'model.norm=none'];

/** What is looked at. */
export const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
  custom: TINY,
  'custom, all terms': [...TINY, ...ALL_TERMS],
  'transfer, resnet18': [...TINY, ...TRANSFER],
};

/** @param name of a subject */
export function subjectParams(name: string): Promise<Params> {
  return loadParams(PARAMS_FILE, SUBJECTS[name]!);
}
