import { describe, expect, it } from 'vitest';
import { planImport } from '../../../src/model/pretrained/plan.ts';
import { createResNet, type ResNetName } from '../../../src/model/resnet.ts';
import { UserError } from '../../../src/system/errors.ts';
import { blankWeights } from '../../support/blank-weights.ts';
import { MASK_RCNN, maskRcnnShapes, renamed, resNetShapes } from '../../support/torch-state-dicts.ts';

describe('planImport refuses', () => {
  const planFor = (file: Map<string, readonly number[]>, network: ResNetName, minMatched = 0.9) => {
    const weights = blankWeights();
    createResNet(weights, network);
    try {
      return planImport(file, weights, { minMatched, from: 'f' });
    } finally {
      weights.dispose();
    }
  };

  it('names that it does not know', () => {
    const names = ['a.w', 'b.w', 'c.w', 'd.w', 'e.w'];
    expect(() => planFor(new Map(names.map((name) => [name, [1]])), 'resnet18')).toThrow(
      /^Cannot take weights from f: it holds a\.w, b\.w, c\.w and 2 more; expected names like backbone\.stage2\.block0\.conv1\.kernel of this program, or backbone\.body\./,
    );
    expect(() => planFor(new Map(), 'resnet18')).toThrow(/it holds no tensors of floating point numbers/);
  });
  it('a ResNet-34 for a ResNet-50: shapes', () => {
    expect(() => planFor(resNetShapes('resnet34'), 'resnet50')).toThrow(
      /shapes differ: layer1\.0\.conv1\.weight is \[64, 64, 3, 3\], expected \[64, 64, 1, 1\]; .*; the file is of resnet34: set model\.transfer\.backbone to it/,
    );
  });
  it('a ResNet-101 for a ResNet-50: blocks that have no place', () => {
    expect(() => planFor(resNetShapes('resnet101'), 'resnet50', 0)).toThrow(
      /no place for layer3\.6\.conv1\.weight, layer3\.6\.bn1\.weight, layer3\.6\.bn1\.bias and 252 more; the file is of resnet101/,
    );
  });
  it('a ResNet with other layers in its blocks', () => {
    const shapes = new Map([
      ...resNetShapes('resnet50'),
      ['layer1.0.se.fc1.weight', [16, 256, 1, 1]],
    ] as const);
    expect(() => planFor(shapes, 'resnet50')).toThrow(/no place for layer1\.0\.se\.fc1\.weight; the params/);
  });
  it('too little of the backbone, unless little is asked for', () => {
    expect(() => planFor(resNetShapes('resnet18'), 'resnet34')).toThrow(
      /it has 60 of the backbone's 108 weights, fewer than the share 0\.9 asked for \(train\.transfer\.min_matched\): nothing for backbone\.stage2\.block2\.conv1\.kernel, .* and 45 more; the file is of resnet18/,
    );
    expect(planFor(resNetShapes('resnet18'), 'resnet34', 0.5).report.backboneShare).toBeCloseTo(60 / 108);
  });
  it('half a batch norm', () => {
    const shapes = resNetShapes('resnet18');
    shapes.delete('layer1.0.bn1.running_var');
    expect(() => planFor(shapes, 'resnet18')).toThrow(/no place for layer1\.0\.bn1\.weight/);
  });
  // Names of torchvision's maskrcnn_resnet50_fpn_v2.
  it.each([
    'backbone.fpn.inner_blocks.0.1.weight',
    'backbone.fpn.layer_blocks.3.1.running_var',
    'rpn.head.conv.1.0.weight',
    'roi_heads.box_head.3.0.weight',
    'roi_heads.mask_head.1.1.bias',
  ])('a Mask R-CNN with %s: another network', (name) => {
    const shapes = new Map([
      ...maskRcnnShapes({ ...MASK_RCNN, network: 'resnet18' }),
      [name, [256]],
    ] as const);
    const message =
      /^Cannot take weights from f: it holds (\S+), so it is of maskrcnn_resnet50_fpn_v2, another network \(.*\); give a file [^\n]+$/;
    expect(() => planFor(shapes, 'resnet18', 0)).toThrow(message);
    expect(() => planFor(renamed(shapes, 'module.'), 'resnet18', 0)).toThrow(`it holds module.${name}, so`);
  });
  it('none of the names of the first version, old or new, for those of the second', () => {
    for (const names of ['old', 'new'] as const) {
      const shapes = maskRcnnShapes({ ...MASK_RCNN, network: 'resnet18', names });
      expect(planFor(shapes, 'resnet18').report.backboneShare).toBe(1);
    }
  });
  it('names that would break the line, in one line', () => {
    const name = '\x1b[31mEVIL\nerror: second line';
    const shown = String.raw`\u001b[31mEVIL\nerror: second line`;
    expect(() => planFor(new Map([[name, [1]]]), 'resnet18')).toThrow(`it holds ${shown}; expected names`);
    const strange = new Map([...resNetShapes('resnet18'), [`layer1.0.${name}`, [1]]] as const);
    expect(() => planFor(strange, 'resnet18')).toThrow(`no place for layer1.0.${shown}; the params`);
  });
  it('with a UserError of one line', () => {
    expect(() => planFor(resNetShapes('resnet34'), 'resnet50')).toThrow(UserError);
    expect(() => planFor(resNetShapes('resnet34'), 'resnet50')).toThrow(/^[^\n]+$/);
  });
});
