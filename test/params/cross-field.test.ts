import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadParams } from '../../src/params/load.ts';
import { UsageError } from '../../src/system/errors.ts';

const PARAMS = join(resolve(import.meta.dirname, '../..'), 'params.yaml');

describe('rules between keys', () => {
  it.each([
    [
      'data.path must name a folder when data.source is local, got null',
      ['data.path=null', 'data.source=local'],
    ],
    [
      'model.rpn.negative_iou must be <= model.rpn.positive_iou (0.2), got 0.3',
      ['model.rpn.positive_iou=0.2', 'model.rpn.negative_iou=0.3'],
    ],
    [
      'model.custom.stem_width must be a multiple of model.group_norm_groups (8), got 9',
      ['model.group_norm_groups=8', 'model.custom.stem_width=9'],
    ],
    [
      'model.custom.stage_widths[2] must be a multiple of model.group_norm_groups (8), got 9',
      ['model.group_norm_groups=8', 'model.custom.stage_widths=[8, 8, 9, 8]'],
    ],
    [
      'model.mask_head_channels must be a multiple of model.group_norm_groups (8), got 9',
      ['model.group_norm_groups=8', 'model.mask_head_channels=9'],
    ],
    [
      'train.min_learning_rate must be <= train.learning_rate (0.1), got 0.2',
      ['train.learning_rate=0.1', 'train.min_learning_rate=0.2'],
    ],
    [
      'train.precision must be float32 when train.compile is false, got bfloat16',
      ['train.compile=false', 'train.precision=bfloat16'],
    ],
    [
      'train.xla must be false when train.compile is false, got true',
      ['train.compile=false', 'train.xla=true'],
    ],
    [
      'inference.precision must be float32 when inference.compile is false, got float16',
      ['inference.compile=false', 'inference.precision=float16'],
    ],
    [
      'train.xla must be false when train.deterministic is true, which XLA does not promise, got true',
      ['train.xla=true', 'train.deterministic=true'],
    ],
    ['train.image_sizes must be growing sizes, got [128, 128, 160]', ['train.image_sizes=[128, 128, 160]']],
    ['train.image_sizes must be growing sizes, got [160, 128]', ['train.image_sizes=[160, 128]']],
    ['train.step_decay.at must be growing shares, got [0.9, 0.7]', ['train.step_decay.at=[0.9, 0.7]']],
    [
      'model.detection.max_detections must be <= model.rpn.post_nms_top_k (50), for each detection comes from a proposal, got 51',
      ['model.rpn.post_nms_top_k=50', 'model.detection.max_detections=51'],
    ],
    [
      // One image: (2048² · 3 + 1000 · 224²) · 4 bytes = 251 035 648, of which 17 179 869 184 / 251 035 648 = 68.4 fit.
      'train.batch_size must be <= 68 for a batch to fit into 16 GiB of memory with data.image_size (2048), data.max_instances (1000) and data.instance_mask_size (224), got 69',
      [
        'data.image_size=2048',
        'data.max_instances=1000',
        'data.instance_mask_size=224',
        'train.batch_size=69',
      ],
    ],
    [
      // As before, but the side of the largest batch is another.
      'train.batch_size must be <= 68 for a batch to fit into 16 GiB of memory with the largest of train.image_sizes (2048), data.max_instances (1000) and data.instance_mask_size (224), got 69',
      [
        'data.image_size=128',
        'train.image_sizes=[128, 2048]',
        'data.max_instances=1000',
        'data.instance_mask_size=224',
        'train.batch_size=69',
      ],
    ],
  ])('refuses params because %s', async (message, sets) => {
    await expect(loadParams(PARAMS, sets)).rejects.toThrow(new UsageError(`--set ${message}`));
  });

  it('lets the largest batch pass that fits into memory, and as many detections as proposals', async () => {
    const params = await loadParams(PARAMS, [
      'data.image_size=2048',
      'data.max_instances=1000',
      'data.instance_mask_size=224',
      'train.batch_size=68',
      'model.rpn.post_nms_top_k=50',
      'model.detection.max_detections=50',
    ]);
    expect(params.train.batch_size).toBe(68);
  });
});
