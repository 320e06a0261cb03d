import { expect, it } from 'vitest';
import { describeImport } from '../../src/train/pretrained.ts';

const nothing = {
  format: 'resnet' as const,
  matched: [],
  remade: [],
  missing: [],
  unused: [],
  backboneShare: 1,
};

it('says in one line what a file gave that fits', () => {
  const matched = ['backbone.stem.conv1.kernel', 'backbone.stem.norm1.scale', 'fpn.lateral2.conv.kernel'];
  expect(describeImport({ ...nothing, matched }, 'body.safetensors')).toEqual([
    'Weights from body.safetensors: 3 matched, 2 of them in the backbone',
  ]);
});
it('lists what did not fit, and counts what is too much for a line', () => {
  const names = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const report = {
    ...nothing,
    remade: [{ name: 'mask.logits.kernel', reason: '91 outputs there, 2 here' }],
    missing: names(8, 'm'),
    unused: names(6, 'u'),
  };
  expect(describeImport(report, 'x').slice(1)).toEqual([
    '  1 made anew: mask.logits.kernel (91 outputs there, 2 here)',
    '  8 not in the file, they begin with random values: m0, m1, m2, m3, m4, m5 and 2 more',
    '  6 in the file without a place in the model: u0, u1, u2, u3, u4, u5',
  ]);
});
