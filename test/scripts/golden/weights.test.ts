import { describe, expect, it } from 'vitest';
import { stateDictShapes } from '../../../scripts/golden/state-dict.ts';
import { distributionOf, fnv1a, regenerateTensor, xorshift32 } from '../../../scripts/golden/weights.ts';

describe('fnv1a', () => {
  // The published test vectors — http://www.isthe.com/chongo/tech/comp/fnv/
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('hashes %j', (text, hash) => {
    expect(fnv1a(text)).toBe(hash);
  });
});

describe('xorshift32', () => {
  it('steps as worked out by hand', () => {
    // 1 ^ 1 << 13 = 8193, nothing of it is left after >>> 17, 8193 ^ 8193 << 5 = 270369.
    expect(xorshift32(1)).toBe(270369);
    expect(xorshift32(270369)).toBe(67634689);
  });

  it('stays below 2³² and above 0 where the highest bit is set', () => {
    expect(xorshift32(67634689)).toBe(2647435461);
    expect(xorshift32(2647435461)).toBe(307599695);
  });
});

describe('distributionOf', () => {
  it.each([
    ['backbone.body.layer1.0.downsample.1.running_var', [256], 1, 0.05],
    ['backbone.body.layer1.0.bn3.running_mean', [256], 0, 0.05],
    ['backbone.body.layer1.0.bn3.weight', [256], 0.5, 0.05],
    ['backbone.body.layer1.0.bn2.weight', [64], 1, 0.05],
    ['backbone.fpn.inner_blocks.0.0.bias', [256], 0, 0.02],
    // √2 / √(64·3·3)
    ['backbone.body.layer1.0.conv2.weight', [64, 64, 3, 3], 0, Math.SQRT2 / 24],
    ['backbone.fpn.inner_blocks.0.0.weight', [256, 256, 1, 1], 0, 0.35 / 16],
    ['rpn.head.cls_logits.weight', [3, 256, 1, 1], 0, 2 / 16],
    ['roi_heads.box_predictor.cls_score.weight', [2, 1024], 0, 2 / 32],
    ['roi_heads.box_predictor.bbox_pred.weight', [8, 1024], 0, 0.3 / 32],
    ['roi_heads.mask_predictor.mask_fcn_logits.weight', [2, 256, 1, 1], 0, 2 / 16],
    // The only one whose inputs come first.
    ['roi_heads.mask_predictor.conv5_mask.weight', [64, 256, 2, 2], 0, Math.SQRT2 / 8],
  ])('follows the table for %s', (name, shape, base, std) => {
    expect(distributionOf(name, shape).base).toBe(base);
    expect(distributionOf(name, shape).std).toBeCloseTo(std, 12);
  });
});

describe('regenerateTensor', () => {
  it('gives the values that make.py gives', () => {
    const { shape, values } = regenerateTensor('rpn.head.cls_logits.bias', [3]);
    expect(shape).toEqual([3]);
    expect([...values]).toEqual(
      [-0.029288263256895264, 0.02293147768371048, -0.005552136535818747].map(Math.fround),
    );
  });

  it('keeps within √3 deviations of the base, with the deviation asked for', () => {
    const { values } = regenerateTensor('backbone.body.layer4.0.bn3.weight', [2048]);
    expect(Math.min(...values)).toBeGreaterThan(0.5 - 0.05 * Math.sqrt(3));
    expect(Math.max(...values)).toBeLessThan(0.5 + 0.05 * Math.sqrt(3));
    const variance = values.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / values.length;
    expect(Math.sqrt(variance)).toBeCloseTo(0.05, 2);
  });
});

describe('stateDictShapes', () => {
  it('names the 307 tensors and 44 million values that PyTorch does', () => {
    const shapes = stateDictShapes();
    const values = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b), 0);
    expect([shapes.size, values]).toEqual([307, 44_028_635]);
    expect(shapes.get('backbone.body.layer3.0.downsample.0.weight')).toEqual([1024, 512, 1, 1]);
    expect(shapes.has('backbone.body.layer3.1.downsample.0.weight')).toBe(false);
  });
});
