import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importTensors } from '../../src/model/pretrained/import-weights.ts';
import { planImport } from '../../src/model/pretrained/plan.ts';
import { createResNet, type ResNetName } from '../../src/model/resnet.ts';
import { createWeights, type Weights } from '../../src/model/weights.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { blankWeights } from '../support/blank-weights.ts';
import { runCompiled } from '../support/eager-and-compiled.ts';
import { expectClose, expectNoLeak, uniformTensor } from '../support/tensors.ts';
import { fill, MASK_RCNN, maskRcnnShapes, resNetShapes, type Shapes } from '../support/torch-state-dicts.ts';

interface GoldenNetwork {
  maps: { shape: number[]; values: number[] }[];
  gradient: number[];
}

/** Made by scripts/golden-resnet.py. */
const golden = JSON.parse(readFileSync(new URL('../golden/resnet.json', import.meta.url), 'utf8')) as Record<
  'resnet18' | 'resnet50',
  GoldenNetwork
> & {
  image: [number, number, number, number];
  frequency: number;
  channels: number;
  digests: Record<ResNetName | 'maskrcnn', string>;
};

/** float32 against float64, up to 53 layers deep; values are around 1, the gradient around 10. */
const TOLERANCE = { absolute: 2e-4, relative: 2e-4 };

const DEPTHS = [
  ['resnet18', 11_176_512, [64, 128, 256, 512]],
  ['resnet34', 21_284_672, [64, 128, 256, 512]],
  ['resnet50', 23_508_032, [256, 512, 1024, 2048]],
  ['resnet101', 42_500_160, [256, 512, 1024, 2048]],
] as const;

function sizeOf(weights: Weights): number {
  return [...weights.variables.values()].reduce((sum, { size }) => sum + size, 0);
}

function digest(shapes: Shapes): string {
  const lines = [...shapes].map(([name, shape]) => `${name} ${shape.join()}`);
  return createHash('sha256')
    .update(lines.toSorted((a, b) => (a < b ? -1 : 1)).join('\n'))
    .digest('hex');
}

describe('the state dicts of these tests', () => {
  it.each(DEPTHS.map(([name]) => name))('have torchvision’s names and shapes: %s', (name) => {
    expect(digest(resNetShapes(name))).toBe(golden.digests[name]);
  });
  it('have torchvision’s names and shapes: maskrcnn_resnet50_fpn', () => {
    expect(digest(maskRcnnShapes(MASK_RCNN))).toBe(golden.digests.maskrcnn);
  });
});

describe('createResNet', () => {
  it.each(DEPTHS)(
    '%s has as many weights as torchvision’s without its classifier: %i',
    (name, size, channels) => {
      const weights = blankWeights();
      const backbone = createResNet(weights, name);
      expect(sizeOf(weights)).toBe(size);
      expect(backbone.channels).toEqual(channels);
      const { report } = planImport(resNetShapes(name), weights, { minMatched: 1, from: name });
      expect(report).toMatchObject({ missing: [], unused: [], remade: [], backboneShare: 1 });
      weights.dispose();
    },
  );
  it.each(['resnet18', 'resnet50'] as const)('%s gives torchvision’s maps and gradient', (name) => {
    const weights = createWeights(1);
    const backbone = createResNet(weights, name);
    importTensors(fill(resNetShapes(name)), weights, { minMatched: 1 });
    const size = golden.image.reduce((product, length) => product * length, 1);
    const image = tf.tensor(
      Float32Array.from({ length: size }, (_, i) => Math.sin(golden.frequency * i)),
      golden.image,
    );
    const everySecond = (x: tf.Tensor, axis: number) =>
      x.gather(tf.range(0, x.shape[axis]!, 2, 'int32') as tf.Tensor1D, axis);
    const parts = (x: tf.Tensor) =>
      backbone
        .apply(x as tf.Tensor4D)
        .map((map) => everySecond(everySecond(map, 1), 2).slice(0, [-1, -1, -1, golden.channels]));
    const { maps, gradient } = golden[name];
    for (const [i, part] of parts(image).entries()) {
      expect(part.shape).toEqual(maps[i]!.shape);
      expectClose(part, maps[i]!.values, TOLERANCE);
    }
    const total = (x: tf.Tensor) =>
      tf.addN(
        parts(x).map((part) => part.mul(tf.cos(tf.range(0, part.size)).reshape(part.shape)).sum()),
      ) as tf.Scalar;
    const slope = tf.grad(total)(image).stridedSlice([0, 0, 0, 0], golden.image, [1, 4, 4, 1]);
    expectClose(slope, gradient, { absolute: 2e-3, relative: 1e-3 });
    weights.dispose();
  });
  it('keeps the size of values from stage to stage where its weights are random and its norms stand still', () => {
    const weights = createWeights(3);
    const backbone = createResNet(weights, 'resnet18');
    const images = uniformTensor<tf.Rank.R4>([1, 96, 96, 3], 1, -2, 2);
    const sizes = backbone.apply(images).map((map) => map.square().mean().sqrt().dataSync()[0]!);
    for (const size of sizes) expect(size).toBeGreaterThan(0.2);
    for (const size of sizes) expect(size).toBeLessThan(2);
    const scale = (name: string) =>
      weights.variables.get(`backbone.stage3.block1.${name}.scale`)!.dataSync()[0];
    expect([scale('norm1'), scale('norm2')]).toEqual([1, Math.fround(1 / Math.sqrt(8))]);
    expectNoLeak(() => tf.tidy(() => backbone.apply(images)));
    weights.dispose();
  });
  it('gives the same bits compiled, in values and gradients', async () => {
    const weights = createWeights(1);
    const backbone = createResNet(weights, 'resnet18');
    const names = ['stem.conv1.kernel', 'stage3.block0.shortcut.norm.scale', 'stage2.block1.norm2.shift'];
    const variables = names.map((name) => weights.variables.get(`backbone.${name}`)!);
    const step = ({ images }: { images: tf.Tensor4D }) => {
      const loss = () => tf.addN(backbone.apply(images).map((map) => map.mean())) as tf.Scalar;
      const { value, grads } = tf.variableGrads(loss, variables);
      const [kernel, scale, shift] = variables.map(({ name }) => grads[name]!);
      return { value, kernel: kernel!, scale: scale!, shift: shift! };
    };
    const [example, inputs] = [1, 2].map((seed) => ({
      images: uniformTensor<tf.Rank.R4>([1, 32, 32, 3], seed),
    })) as [{ images: tf.Tensor4D }, { images: tf.Tensor4D }];
    const compiled = await runCompiled(step, { example, inputs }, { state: weights.variables });
    for (const [name, expected] of Object.entries(step(inputs))) {
      expect(compiled[name as keyof typeof compiled].dataSync(), name).toEqual(expected.dataSync());
    }
    weights.dispose();
  });
});
