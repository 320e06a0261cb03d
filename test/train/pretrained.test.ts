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
it('lists every name of what did not fit, in one line where they are few', () => {
  const report = {
    ...nothing,
    remade: ['kernel', 'bias'].map((part) => ({ name: `mask.logits.${part}`, reason: '91, not 2' })),
    missing: ['fpn.a.kernel', 'fpn.a.norm.scale', 'rpn.kernel'],
    unused: ['u', 'v'],
  };
  expect(describeImport(report, 'x').slice(1)).toEqual([
    '  2 of layers with another shape, they keep their starting values: mask.logits.{kernel, bias} (91, not 2)',
    '  3 not in the file, they keep their starting values: fpn.a.{kernel, norm.scale}, rpn.kernel',
    '  2 in the file without a place in the model: u, v',
  ]);
});
it('takes more lines where they are many, none longer than 110 characters', () => {
  const layers = Array.from({ length: 60 }, (_, i) => `layer${i}`);
  const unused = [...layers.flatMap((layer) => [`${layer}.kernel`, `${layer}.bias`]), 'fc.kernel'];
  const lines = describeImport({ ...nothing, unused }, 'x').slice(1);
  expect(lines[0]).toBe('  121 in the file without a place in the model:');
  expect(lines[1]).toMatch(/^ {4}\{layer0, layer1, /);
  expect(lines[2]).toMatch(/^ {6}layer\d/);
  expect(lines.at(-1)).toBe('    fc.kernel');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
  for (const layer of layers) expect(lines.join('\n')).toMatch(new RegExp(`\\b${layer}\\b`));
});
it('groups what was made anew by its reason', () => {
  const report = { ...nothing, remade: ['a', 'b', 'c'].map((name, i) => ({ name, reason: `r${i % 2}` })) };
  expect(describeImport(report, 'x')[1]).toMatch(/: a, c \(r0\), b \(r1\)$/);
});
it('keeps each line a line, whatever the names in the file hold', () => {
  const unused = ['\x1b[31mEVIL\nerror: second line'];
  expect(describeImport({ ...nothing, unused }, 'x')[1]).toBe(
    String.raw`  1 in the file without a place in the model: \u001b[31mEVIL\nerror: second line`,
  );
});
