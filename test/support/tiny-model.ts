import { type Params, paramsSchema } from '../../src/params/schema.ts';
import { testParams } from './test-params.ts';

/** Params of a model that is small enough for tests: 64 px, a few thousand weights. */
export function tinyParams(folder = '/nonexistent'): Params {
  const params = structuredClone(
    testParams(folder, { image_size: 64, max_instances: 6, instance_mask_size: 28 }),
  );
  Object.assign(params.model, { group_norm_groups: 4, fpn_channels: 8, box_head_width: 16 });
  Object.assign(params.model, { mask_head_channels: 8, mask_head_layers: 1 });
  params.model.custom.stem_width = 8;
  params.model.custom.cbam_reduction = 2;
  params.model.custom.stage_widths = [8, 8, 16, 16];
  Object.assign(params.model.rpn, { pre_nms_top_k: 32, post_nms_top_k: 16, samples: 32 });
  Object.assign(params.model.roi, { samples: 16, mask_samples: 4 });
  params.model.detection.max_detections = 8;
  params.train.batch_size = 2;
  return paramsSchema.parse(params);
}
