import { describe, expect, it } from 'vitest';
import { disposeBatch, exampleBatch } from '../../src/data/batch.ts';
import { batchShape } from '../../src/data/host-batch.ts';
import { costOf } from '../../src/graph/cost.ts';
import { recordFunction, type TensorFunction } from '../../src/graph/record.ts';
import { createMaskRcnn, type MaskRcnn } from '../../src/model/mask-rcnn.ts';
import type { Params } from '../../src/params/schema.ts';
import { formatModelSummary } from '../../src/summary/format.ts';
import { type ModelSummary, summarizeModel } from '../../src/summary/model-summary.ts';
import { type ByPart, parametersByPart } from '../../src/summary/parts.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { createTrainStep } from '../../src/train/engine/step.ts';
import { createUpdate } from '../../src/train/engine/update.ts';
import { stepInputs } from '../support/step-inputs.ts';
import { testParams } from '../support/test-params.ts';
import { tinyParams } from '../support/tiny-model.ts';

function summarize(change: (params: Params) => void = () => {}): ModelSummary {
  const params = tinyParams();
  change(params);
  return summarizeModel(params, () => {});
}

/** Sizes of torchvision's `maskrcnn_resnet50_fpn` at 224 px, with few regions. */
function torchvisionParams(): Params {
  const params = structuredClone(testParams('/nonexistent', { image_size: 224 }));
  const { model, train } = params;
  Object.assign(model, { norm: 'none', fpn_channels: 256, box_head_width: 1024 });
  Object.assign(model, { mask_head_channels: 256, mask_head_layers: 4 });
  Object.assign(train, { model_type: 'transfer', batch_size: 1 });
  return params;
}

/** Convolutions and matrix products of a function of maps: what PyTorch's counter counts. */
function products(
  model: MaskRcnn,
  shapes: readonly Shape4[],
  fn: (maps: tf.Tensor4D[]) => readonly tf.Tensor[],
): number {
  const inputs = Object.fromEntries(shapes.map((shape, i) => [`map${i}`, tf.zeros<tf.Rank.R4>(shape)]));
  const step = (maps: typeof inputs) =>
    tf.tidy(() => Object.fromEntries(fn(Object.values(maps)).map((y, i) => [`y${i}`, y])));
  const { nodes } = costOf(step, inputs, { state: model.weights.variables });
  tf.dispose(inputs);
  return nodes.filter(({ op }) => /^(Conv2D|MatMul)/.test(op)).reduce((sum, { flops }) => sum + flops, 0);
}

type Shape4 = [N: number, H: number, W: number, C: number];

const tiny = summarize();

describe('summarizeModel', () => {
  const parts = (values: ByPart) => Object.entries(values).filter(([part]) => part !== 'total');

  it('counts each weight of the model once, in the part that it belongs to', () => {
    const model = createMaskRcnn(tinyParams());
    const sizes = [...model.weights.variables].map(([name, { size }]) => ({ name, size }));
    const sizeOf = (prefix: string) =>
      sizes.filter(({ name }) => name.startsWith(prefix)).reduce((sum, { size }) => sum + size, 0);
    expect(tiny.parameters).toEqual({
      backbone: sizeOf('backbone.'),
      fpn: sizeOf('fpn.'),
      rpn: sizeOf('rpn.'),
      box: sizeOf('box.'),
      mask: sizeOf('mask.'),
      other: 0,
      total: sizeOf(''),
    });
    expect(
      Math.min(
        ...parts(tiny.parameters)
          .slice(0, -1)
          .map(([, count]) => count),
      ),
    ).toBeGreaterThan(0);
    model.dispose();
  });

  it('adds the parts up', () => {
    for (const values of [tiny.inference.flops, tiny.training[0]!.memory_bytes.values]) {
      expect(parts(values).reduce((sum, [, value]) => sum + value, 0)).toBeCloseTo(values.total, 3);
      expect(Math.min(...parts(values).map(([, value]) => value))).toBeGreaterThan(0);
    }
    const { forward, backward, update, total } = tiny.training[0]!.flops_per_image;
    expect(forward.total + backward + update).toBeCloseTo(total, 3);
  });

  it('finds four times the work in maps of an image twice as large, and as much in the heads', () => {
    const { flops } = summarize((params) => {
      params.data.image_size *= 2;
    }).inference;
    const growth = (part: keyof ByPart) => flops[part] / tiny.inference.flops[part];
    for (const part of ['backbone', 'fpn', 'rpn'] as const) expect(growth(part), part).toBeCloseTo(4, 2);
    // RoIAlign extends whole maps, which moves values only.
    for (const part of ['box', 'mask'] as const) expect(growth(part), part).toBe(1);
  });

  it('counts heads by the regions that go through them', () => {
    const { inference, training } = tiny;
    const perRegion = inference.flops.mask / inference.regions.mask;
    expect(inference.regions).toEqual({ box: 16, mask: 8 });
    expect(training[0]!.regions).toEqual({ box: 16, mask: 4 });
    expect(training[0]!.flops_per_image.forward.mask / perRegion).toBeCloseTo(4, 2);
  });

  it('finds about twice the forward work in the backward pass', () => {
    const { forward, backward } = tiny.training[0]!.flops_per_image;
    expect(backward / forward.total).toBeGreaterThan(1.6);
    expect(backward / forward.total).toBeLessThan(2.2);
  });

  it('knows what the optimizer, averages and accumulation keep', () => {
    const slots = ({ parameters, training }: ModelSummary) =>
      training[0]!.memory_bytes.optimizer.box / (4 * parameters.box);
    const others = summarize(({ train }) =>
      Object.assign(train, { optimizer: 'sgd', ema_decay: 0.99, accumulation_steps: 2 }),
    );
    expect([slots(tiny), slots(others)]).toEqual([2, 3]);
  });

  it('needs memory by the batch', () => {
    const four = summarize((params) => {
      params.train.batch_size = 4;
    });
    const [two, twice] = [tiny, four].map(({ training }) => training[0]!);
    expect(twice!.memory_bytes.values.total / two!.memory_bytes.values.total).toBeGreaterThan(1.8);
    expect(twice!.memory_bytes.values.total / two!.memory_bytes.values.total).toBeLessThan(2.05);
    expect(twice!.memory_bytes.optimizer).toEqual(two!.memory_bytes.optimizer);
    expect(twice!.flops_per_image.backward / two!.flops_per_image.backward).toBeCloseTo(1, 1);
  });

  it('leaves no tensor behind and gives the same figures again', () => {
    const before = tf.memory().numTensors;
    expect(summarize()).toEqual(tiny);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the graph that is counted', () => {
  it('is the graph that runs', () => {
    const params = tinyParams();
    const model = createMaskRcnn(params);
    const update = createUpdate(model.weights.variables, params.train);
    const step = createTrainStep(model, update, params) as unknown as TensorFunction;
    const batch = exampleBatch(batchShape(params));
    const { inputs, free } = stepInputs(batch, 1);
    const context = {
      state: new Map([...model.weights.variables, ...update.state]),
      constants: [model.anchors.boxes],
    };
    const [computed, dry] = [false, true].map((dry) =>
      recordFunction('f', step, inputs, { ...context, dry }),
    );
    expect(dry!.nodes).toEqual(computed!.nodes);
    const shapes = ({ specs }: typeof dry & object) =>
      [...specs].map(([at, { shape }]) => `${at} [${shape}]`);
    expect(shapes(dry!)).toEqual(shapes(computed!));
    free();
    disposeBatch(batch);
    update.dispose();
    model.dispose();
  });
});

describe('transfer', () => {
  it('costs less while the backbone stands still', () => {
    const { training, parameters } = summarize((params) => {
      params.train.model_type = 'transfer';
      params.model.transfer.backbone = 'resnet18';
      params.train.transfer.fine_tune.stages = 5;
    });
    const [freeze, fineTune] = training;
    expect(training.map(({ phase }) => phase)).toEqual(['freeze', 'fine_tune']);
    expect(freeze!.learning_parameters).toBe(parameters.total - parameters.backbone);
    expect(freeze!.memory_bytes.optimizer.backbone).toBe(0);
    expect(freeze!.memory_bytes.values.backbone).toBeLessThan(fineTune!.memory_bytes.values.backbone / 2);
    expect(freeze!.flops_per_image.forward).toEqual(fineTune!.flops_per_image.forward);
    // Each convolution's gradient by its weights, and by its input but for the first.
    const added = fineTune!.flops_per_image.backward - freeze!.flops_per_image.backward;
    expect(added / freeze!.flops_per_image.forward.backbone).toBeGreaterThan(1.8);
    expect(added / freeze!.flops_per_image.forward.backbone).toBeLessThan(2.1);
  });
});

describe('figures of others', () => {
  const model = createMaskRcnn(torchvisionParams());

  it("has torchvision's number of parameters, frozen norms counted", () => {
    // sum(p.numel()) of maskrcnn_resnet50_fpn(num_classes=2), torchvision 0.28, where norms are parameters until weights are loaded.
    expect(parametersByPart(model.weights.variables)).toEqual({
      backbone: 23_508_032,
      fpn: 3_344_384,
      rpn: 593_935,
      box: 13_905_930,
      mask: 2_623_234,
      other: 0,
      total: 43_975_515,
    });
  });

  it("counts convolutions and products as PyTorch's FlopCounterMode does", () => {
    const image: Shape4[] = [[1, 224, 224, 3]];
    const maps = [256, 512, 1024, 2048].map((C, i): Shape4 => [1, 128 >> i, 128 >> i, C]);
    const pyramid = [128, 64, 32, 16, 8].map((side): Shape4 => [1, side, side, 256]);
    const regions = (count: number) => ({
      boxes: tf.zeros<tf.Rank.R2>([count, 4]),
      imageIndices: tf.zeros<tf.Rank.R1>([count], 'int32'),
    });
    const counted = {
      backbone: products(model, image, ([x]) => model.backbone(x!)),
      fpn: products(model, maps, (levels) => model.fpn(levels)),
      rpn: products(model, pyramid, (levels) => Object.values(model.rpn(levels))),
      box: products(model, pyramid, (levels) => Object.values(model.boxHead(levels, regions(1000)))),
      mask: products(model, pyramid, (levels) => [model.maskHead(levels, regions(1))]),
    };
    // torchvision 0.28: the body at 224 px, FPN and RPN head at 512, box head of 1000 regions, mask head of one.
    expect(counted).toEqual({
      backbone: 8_174_272_512,
      fpn: 29_695_672_320,
      rpn: 25_912_246_272,
      box: 27_807_744_000,
      mask: 1_028_407_296,
    });
  });
});

describe('formatModelSummary', () => {
  it('aligns a table and tells what a step takes', () => {
    const lines = formatModelSummary(tiny).split('\n');
    expect(lines[0]).toBe('Mask R-CNN with backbone custom, images of 64 x 64 pixels');
    const table = lines.slice(2, 10);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    expect(table[0]).toMatch(/^part +parameters +GFLOP, inference +memory, training$/);
    expect(table[1]).toMatch(/^backbone +0\.\d\d M +0\.\d\d +\d+\.\d MB$/);
    expect(table.at(-1)).toMatch(/^total +0\.\d\d M +0\.\d\d +\d+(\.\d)? MB$/);
    expect(lines).toContainEqual(
      'Inference of an image, 16 regions through the box head and 8 through the mask head:',
    );
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^A step of training, 2 images, 16 and 4 regions of each; 0\.\d\d M of 0\.\d\d M parameters/,
      ),
    );
  });
});
