import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMaskRcnn } from '../../../src/model/mask-rcnn.ts';
import { importPretrained, importTensors } from '../../../src/model/pretrained/import-weights.ts';
import { planImport } from '../../../src/model/pretrained/plan.ts';
import { createResNet } from '../../../src/model/resnet.ts';
import { type HostTensor, writeSafetensors } from '../../../src/model/safetensors.ts';
import { constant, createWeights, type Weights } from '../../../src/model/weights.ts';
import { blankWeights } from '../../support/blank-weights.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { expectClose, expectNoLeak } from '../../support/tensors.ts';
import { tinyParams } from '../../support/tiny-model.ts';
import { fill, MASK_RCNN, maskRcnnShapes, renamed } from '../../support/torch-state-dicts.ts';

const newFolder = useTempFolders();

/** Values 0, 1, 2, … */
function counting(...shape: number[]): HostTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, values: Float32Array.from({ length: size }, (_, i) => i) };
}

function vector(...values: number[]): HostTensor {
  return { shape: [values.length], values: Float32Array.from(values) };
}

/** A batch norm that changes nothing but by the given parts. */
function norm(
  name: string,
  channels: number,
  parts: Record<string, HostTensor> = {},
): [string, HostTensor][] {
  const filled = (value: number) => vector(...new Array<number>(channels).fill(value));
  const all = {
    weight: filled(1),
    bias: filled(0),
    running_mean: filled(0),
    running_var: filled(1 - 1e-5),
    ...parts,
  };
  return Object.entries(all).map(([part, tensor]) => [`${name}.${part}`, tensor]);
}

/** Weights with the given names and shapes, all 7. */
function weightsOf(shapes: Record<string, readonly number[]>): Weights {
  const weights = createWeights(1);
  for (const [name, shape] of Object.entries(shapes)) {
    weights.create(name, shape as [number], constant(7));
  }
  return weights;
}

const valuesOf = (weights: Weights, name: string) => [...weights.variables.get(name)!.dataSync()];
const allValues = (weights: Weights) =>
  new Map([...weights.variables].map(([name, variable]) => [name, variable.dataSync()]));

/** Makes a file of Mask R-CNN recognisable. */
const BODY: [string, HostTensor][] = [['backbone.body.layer1.0.conv1.weight', counting(1, 1, 1, 1)]];
const BACKBONE = { 'backbone.stage2.block0.conv1.kernel': [1, 1, 1, 1] };

describe('importTensors, value by value', () => {
  it('turns convolutions [O, I, H, W] into [H, W, I, O]', () => {
    const weights = weightsOf({ 'backbone.stage2.block0.conv1.kernel': [2, 3, 4, 17] });
    const theirs = counting(17, 4, 2, 3);
    importTensors(new Map([['layer1.0.conv1.weight', theirs]]), weights, { minMatched: 1 });
    const ours = weights.variables.get('backbone.stage2.block0.conv1.kernel')!.arraySync() as number[][][][];
    for (const [o, i, h, w] of [
      [0, 0, 0, 0],
      [16, 3, 1, 2],
      [15, 1, 0, 2],
      [3, 2, 1, 0],
    ] as const) {
      expect(ours[h]![w]![i]![o]).toBe(((o * 4 + i) * 2 + h) * 3 + w);
    }
  });
  it('folds batch norm: γ / √(variance + 1e-5) and β − mean · that', () => {
    const weights = weightsOf({
      ...BACKBONE,
      'backbone.stage2.block0.norm1.scale': [2],
      'backbone.stage2.block0.norm1.shift': [2],
    });
    const parts = {
      weight: vector(2, 3),
      bias: vector(5, 7),
      running_mean: vector(1, -2),
      running_var: vector(4, 0),
    };
    const theirs = new Map([
      ['layer1.0.conv1.weight', counting(1, 1, 1, 1)],
      ...norm('layer1.0.bn1', 2, parts),
    ]);
    importTensors(theirs, weights, { minMatched: 1 });
    const [a, b] = [2 / Math.sqrt(4.00001), 3 / Math.sqrt(0.00001)];
    expectClose(valuesOf(weights, 'backbone.stage2.block0.norm1.scale'), [a, b]);
    expectClose(valuesOf(weights, 'backbone.stage2.block0.norm1.shift'), [5 - a, 7 + 2 * b]);
  });
  it('transposes dense layers, and the one that reads a map from C, H, W to H, W, C', () => {
    const weights = weightsOf({
      ...BACKBONE,
      'rpn.conv.kernel': [3, 3, 5, 5],
      'box.dense1.kernel': [2 * 2 * 5, 3],
      'box.dense2.kernel': [3, 2],
    });
    const theirs = new Map([
      ...BODY,
      ['rpn.head.conv.weight', counting(5, 5, 3, 3)],
      ['roi_heads.box_head.fc6.weight', counting(3, 5 * 2 * 2)],
      ['roi_heads.box_head.fc7.weight', counting(2, 3)],
    ] as const);
    importTensors(theirs, weights, { minMatched: 1 });
    const ours = weights.variables
      .get('box.dense1.kernel')!
      .reshape([2, 2, 5, 3])
      .arraySync() as number[][][][];
    for (const [o, c, h, w] of [
      [0, 0, 0, 0],
      [2, 4, 1, 1],
      [1, 3, 0, 1],
      [2, 0, 1, 0],
    ] as const) {
      expect(ours[h]![w]![c]![o]).toBe(((o * 5 + c) * 2 + h) * 2 + w);
    }
    expect(weights.variables.get('box.dense2.kernel')!.arraySync()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  });
  it('turns the transposed convolution [I, O, H, W] into [H, W, O, I]', () => {
    const weights = weightsOf({ ...BACKBONE, 'mask.upsample.kernel': [2, 2, 3, 4] });
    const theirs = new Map([
      ...BODY,
      ['roi_heads.mask_predictor.conv5_mask.weight', counting(4, 3, 2, 2)],
    ] as const);
    importTensors(theirs, weights, { minMatched: 1 });
    const ours = weights.variables.get('mask.upsample.kernel')!.arraySync() as number[][][][];
    expect(ours[1]![0]![2]![3]).toBe(((3 * 3 + 2) * 2 + 1) * 2 + 0);
    expect(ours[0]![1]![1]![0]).toBe(((0 * 3 + 1) * 2 + 0) * 2 + 1);
  });
  it('turns box offsets (dx, dy, dw, dh) into (dy, dx, dh, dw), of anchors and of classes', () => {
    const weights = weightsOf({
      ...BACKBONE,
      'rpn.boxDeltas.kernel': [1, 1, 1, 8],
      'rpn.boxDeltas.bias': [8],
      'box.boxDeltas.kernel': [2, 8],
      'box.boxDeltas.bias': [8],
    });
    const theirs = new Map([
      ...BODY,
      ['rpn.head.bbox_pred.weight', counting(8, 1, 1, 1)],
      ['rpn.head.bbox_pred.bias', counting(8)],
      ['roi_heads.box_predictor.bbox_pred.weight', counting(8, 2)],
      ['roi_heads.box_predictor.bbox_pred.bias', counting(8)],
    ] as const);
    importTensors(theirs, weights, { minMatched: 1 });
    const swapped = [1, 0, 3, 2, 5, 4, 7, 6];
    for (const name of ['rpn.boxDeltas.kernel', 'rpn.boxDeltas.bias', 'box.boxDeltas.bias']) {
      expect(valuesOf(weights, name)).toEqual(swapped);
    }
    expect(weights.variables.get('box.boxDeltas.kernel')!.arraySync()).toEqual([
      swapped.map((row) => 2 * row),
      swapped.map((row) => 2 * row + 1),
    ]);
  });
});

describe('importPretrained', () => {
  it.each(['', 'module.', 'model.', 'backbone.', 'module.backbone.'])(
    'takes a ResNet of torchvision or timm, with %j before every name',
    async (prefix) => {
      const path = join(await newFolder(), 'resnet.safetensors');
      const parts = ['conv1', 'conv2'].map((conv, i) => [
        [`layer1.0.${conv}.weight`, counting(2, 2, 3, 3)],
        ...norm(`layer1.0.bn${i + 1}`, 2),
      ]) as [string, HostTensor][][];
      const theirs = new Map([
        ...parts.flat(),
        ['fc.weight', counting(5, 2)],
        ['fc.bias', counting(5)],
      ] as const);
      await writeSafetensors(path, { tensors: renamed(theirs, prefix), metadata: {} });
      const names = [
        'conv1.kernel',
        'conv2.kernel',
        'norm1.scale',
        'norm1.shift',
        'norm2.scale',
        'norm2.shift',
      ];
      const weights = weightsOf(
        Object.fromEntries(
          names.map((name) => [
            `backbone.stage2.block0.${name}`,
            name.endsWith('kernel') ? [3, 3, 2, 2] : [2],
          ]),
        ),
      );
      const report = await importPretrained(path, weights, { minMatched: 1 });
      expect(report).toEqual({
        format: 'resnet',
        matched: names.map((name) => `backbone.stage2.block0.${name}`),
        remade: [],
        missing: [],
        unused: [],
        backboneShare: 1,
      });
      expect(valuesOf(weights, 'backbone.stage2.block0.norm2.scale')).toEqual([1, 1]);
      expect(valuesOf(weights, 'backbone.stage2.block0.conv2.kernel').slice(0, 4)).toEqual([0, 18, 9, 27]);
    },
  );
  it('says how to convert what torch.save wrote', async () => {
    const path = join(await newFolder(), 'resnet50.pth');
    await writeFile(path, 'PK\x03\x04 and so on');
    await expect(importPretrained(path, weightsOf(BACKBONE), { minMatched: 0 })).rejects.toThrow(
      /resnet50\.pth was written by torch\.save.*'resnet50\.safetensors'/,
    );
  });
  it('names the file in its errors', async () => {
    const path = join(await newFolder(), 'other.safetensors');
    await writeSafetensors(path, { tensors: new Map([['x', counting(1)]]), metadata: {} });
    const given = importPretrained(path, weightsOf(BACKBONE), { minMatched: 0, from: 'hf://owner/repo' });
    await expect(given).rejects.toThrow(/Cannot take weights from hf:\/\/owner\/repo: it holds x;/);
    const plain = importPretrained(path, weightsOf(BACKBONE), { minMatched: 0 });
    await expect(plain).rejects.toThrow(/from .*other\.safetensors: /);
  });
});

describe('importTensors, a whole Mask R-CNN', () => {
  const params = structuredClone(tinyParams());
  params.train.model_type = 'transfer';
  params.model.transfer.backbone = 'resnet18';
  Object.assign(params.model, { norm: 'none', mask_head_layers: 2 });
  const small = {
    ...MASK_RCNN,
    network: 'resnet18' as const,
    ...{ channels: 8, boxWidth: 16, maskChannels: 8, maskLayers: 2, classes: 2 },
  };
  const predictors = ['box.classLogits', 'box.boxDeltas', 'mask.logits'];
  const model = createMaskRcnn(params);

  it.each(['new', 'old'] as const)('takes everything where the classes are two (%s names)', (names) => {
    const theirs = fill(maskRcnnShapes({ ...small, names }));
    const report = importTensors(theirs, model.weights, { minMatched: 1 });
    expect(report).toMatchObject({
      format: 'mask-rcnn',
      remade: [],
      missing: [],
      unused: [],
      backboneShare: 1,
    });
    expect(report.matched).toEqual([...model.weights.variables.keys()]);
    // Names of the two kinds have other values: that of the last layer of each kind tells whether it came.
    const name = names === 'new' ? 'mask_head.1.0' : 'mask_head.mask_fcn2';
    expect(valuesOf(model.weights, 'mask.conv2.bias')).toEqual([
      ...theirs.get(`roi_heads.${name}.bias`)!.values,
    ]);
    const block = names === 'new' ? 'layer_blocks.3.0' : 'layer_blocks.3';
    expect(valuesOf(model.weights, 'fpn.output5.conv.bias')).toEqual([
      ...theirs.get(`backbone.fpn.${block}.bias`)!.values,
    ]);
  });
  it('makes the class layers anew where the classes are COCO’s 91', () => {
    const before = allValues(model.weights);
    const report = importTensors(fill(maskRcnnShapes({ ...small, classes: 91 })), model.weights, {
      minMatched: 1,
    });
    const remade = predictors.flatMap((name) => [`${name}.kernel`, `${name}.bias`]);
    expect(report.remade.map(({ name }) => name)).toEqual(remade);
    expect(report.remade[0]!.reason).toBe('91 outputs in the file, 2 in the model');
    expect(report.remade[2]!.reason).toBe('364 outputs in the file, 8 in the model');
    expect([report.missing, report.unused]).toEqual([[], []]);
    for (const name of remade) expect(valuesOf(model.weights, name)).toEqual([...before.get(name)!]);
  });
  it('makes the RPN’s last layers anew where the anchors of a cell are others', () => {
    const report = importTensors(fill(maskRcnnShapes({ ...small, anchors: 5 })), model.weights, {
      minMatched: 1,
    });
    expect(report.remade.map(({ name }) => name)).toEqual([
      ...['rpn.logits.kernel', 'rpn.logits.bias', 'rpn.boxDeltas.kernel', 'rpn.boxDeltas.bias'],
    ]);
  });
  it('takes what fits where the model has GroupNorm and fewer layers, and says what did not', () => {
    const weights = blankWeights();
    createResNet(weights, 'resnet18');
    for (const part of ['scale', 'shift']) weights.create(`fpn.lateral2.norm.${part}`, [8], constant(1));
    weights.create('mask.conv1.kernel', [3, 3, 8, 8], constant(1));
    const { report } = planImport(maskRcnnShapes(small), weights, { minMatched: 1, from: 'x' });
    expect(report.missing).toEqual(['fpn.lateral2.norm.scale', 'fpn.lateral2.norm.shift']);
    expect(report.unused).toContain('roi_heads.mask_head.1.0.weight');
    expect(report.matched.at(-1)).toBe('mask.conv1.kernel');
    weights.dispose();
  });
  it('keeps the heads’ and the pyramid’s starting values where their widths are others, and says so', () => {
    const before = allValues(model.weights);
    const theirs = fill(maskRcnnShapes({ ...small, channels: 16, boxWidth: 32 }));
    const report = importTensors(theirs, model.weights, { minMatched: 1 });
    const ours = [...model.weights.variables.keys()].filter((name) => !name.startsWith('backbone.'));
    // The mask head has its own width: only what reads the pyramid is another.
    const kept = ours.filter((name) => !/^mask\.(conv2|upsample|logits)\./.test(name));
    expect(report.remade.map(({ name }) => name)).toEqual(kept);
    expect([report.missing, report.unused, report.backboneShare]).toEqual([[], [], 1]);
    expect(report.remade.find(({ name }) => name === 'fpn.lateral2.conv.kernel')!.reason).toBe(
      '[16, 64, 1, 1] in the file, expected [8, 64, 1, 1]',
    );
    for (const name of kept) expect(valuesOf(model.weights, name)).toEqual([...before.get(name)!]);
    expect(valuesOf(model.weights, 'mask.conv2.bias')).toEqual([
      ...theirs.get('roi_heads.mask_head.1.0.bias')!.values,
    ]);
  });
  it('makes a layer anew as a whole: a bias that fits says nothing of another kernel', () => {
    const theirs = fill(maskRcnnShapes({ ...small, boxSize: 5 }));
    const { remade } = importTensors(theirs, model.weights, { minMatched: 1 });
    const reason = '[16, 200] in the file, expected [16, 392]';
    expect(remade).toEqual(['kernel', 'bias'].map((part) => ({ name: `box.dense1.${part}`, reason })));
  });
  it('counts what the file does not hold of such a layer as missing', () => {
    const weights = weightsOf({ ...BACKBONE, 'mask.conv1.kernel': [3, 3, 2, 2], 'mask.norm1.scale': [2] });
    const theirs = new Map([...BODY, ['roi_heads.mask_head.0.0.weight', counting(4, 2, 3, 3)]] as const);
    const { remade, missing } = importTensors(theirs, weights, { minMatched: 1 });
    expect(remade.map(({ name }) => name)).toEqual(['mask.conv1.kernel']);
    expect(missing).toEqual(['mask.norm1.scale']);
  });
  it('leaves no tensor behind', () => {
    const theirs = fill(maskRcnnShapes(small));
    expectNoLeak(() => {
      importTensors(theirs, model.weights, { minMatched: 1 });
      return [];
    });
  });
});

describe('importTensors, values that no network has', () => {
  const shapes = {
    ...BACKBONE,
    'backbone.stage2.block0.norm1.scale': [1],
    'backbone.stage2.block0.norm1.shift': [1],
  };
  const cases = [
    ['not a number', 'bias', Number.NaN, /layer1\.0\.bn1\.bias holds values that are not finite/],
    ['infinite', 'running_mean', Number.POSITIVE_INFINITY, /layer1\.0\.bn1\.running_mean holds values/],
    ['a negative variance', 'running_var', -1, /layer1\.0\.bn1\.running_var holds negative variances/],
  ] as const;
  it.each(cases)('are refused, and nothing has changed: %s', (_, part, value, message) => {
    const weights = weightsOf(shapes);
    const theirs = new Map([
      ['layer1.0.conv1.weight', counting(1, 1, 1, 1)],
      ...norm('layer1.0.bn1', 1, { [part]: vector(value) }),
    ] as const);
    expect(() => importTensors(theirs, weights, { minMatched: 1 })).toThrow(message);
    for (const name of Object.keys(shapes)) expect(valuesOf(weights, name)).toEqual([7]);
  });
});
