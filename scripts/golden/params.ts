import { fileURLToPath } from 'node:url';
import { loadParams } from '../../src/params/load.ts';
import type { Params } from '../../src/params/schema.ts';

const PARAMS_FILE = fileURLToPath(new URL('../../params.yaml', import.meta.url));

/** torchvision puts out no more than it has proposals. */
const PROPOSALS = 1000;

/**
 * The project's params with a model as torchvision's `maskrcnn_resnet50_fpn` in eval mode.
 * @param maxDetections torchvision's `box_detections_per_img`
 */
export async function torchvisionParams(maxDetections: number): Promise<Params> {
  return loadParams(PARAMS_FILE, [
    'train.model_type=transfer',
    'model.transfer.backbone=resnet50',
    'model.norm=none',
    'model.fpn_channels=256',
    'model.anchor_sizes=[32, 64, 128, 256, 512]',
    'model.anchor_ratios=[0.5, 1, 2]',
    // 1000 / 16, the paper's own.
    'model.box_scale_clamp=62.5',
    `model.rpn.pre_nms_top_k=${PROPOSALS}`,
    `model.rpn.post_nms_top_k=${PROPOSALS}`,
    'model.rpn.score_threshold=0',
    'model.rpn.min_size=0.001',
    'model.rpn.nms_threshold=0.7',
    'model.rpn.box_weights=[1, 1, 1, 1]',
    'model.roi.box_weights=[10, 10, 5, 5]',
    'model.roi.canonical_size=224',
    'model.roi.box_size=7',
    'model.roi.sampling_ratio=2',
    'model.roi.mask_size=14',
    'model.box_head_width=1024',
    'model.mask_head_channels=256',
    'model.mask_head_layers=4',
    'model.detection.score_threshold=0.05',
    'model.detection.min_size=0.01',
    'model.detection.nms_threshold=0.5',
    `model.detection.max_detections=${Math.min(maxDetections, PROPOSALS)}`,
  ]);
}
