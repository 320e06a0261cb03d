import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/data/batch.ts';
import { boundaryWeight } from '../../src/loss/boundary-weight.ts';
import { diceLoss } from '../../src/loss/dice.ts';
import { focalLoss } from '../../src/loss/focal.ts';
import { maskLoss } from '../../src/loss/mask-loss.ts';
import { maskRcnnLoss } from '../../src/loss/mask-rcnn-loss.ts';
import type { RegionTargets } from '../../src/loss/targets.ts';
import { touchingWeight } from '../../src/loss/touching-weight.ts';
import { extractFeatures } from '../../src/model/features.ts';
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import { maskTargets } from '../../src/ops/instance-masks.ts';
import type { Params } from '../../src/params/schema.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { runCompiled } from '../support/eager-and-compiled.ts';
import { expectClose, expectGradient, expectNoLeak, uniformTensor } from '../support/tensors.ts';
import { tinyBatch } from '../support/tiny-batch.ts';
import { tinyParams } from '../support/tiny-model.ts';

const S = 4;
const base = tinyParams();
const withLoss = (loss: Partial<Params['loss']>): Params => ({ ...base, loss: { ...base.loss, ...loss } });
const none = withLoss({ boundary_weight: 0, touching_weight: 0, focal_gamma: 1, dice_smooth: 0.5 });
const both = withLoss({ ...none.loss, boundary_weight: 2, touching_weight: 3, touching_distance: 6 });
const batch = tinyBatch(both);

/** The buildings' own boxes, each a little moved; the last is no positive. */
const targets = (() => {
  const M = base.data.max_instances;
  const slots = [0, 1, 2, M, M + 1];
  const all = batch.boxes.reshape([-1, 4]) as tf.Tensor2D;
  const maskRows = tf.tensor1d(slots, 'int32');
  const maskGtBoxes = tf.gather(all, maskRows);
  const boxes = maskGtBoxes.add(uniformTensor<tf.Rank.R2>([slots.length, 4], 5, -3, 3)) as tf.Tensor2D;
  const imageIndices = tf.tensor1d([0, 0, 0, 1, 1], 'int32');
  const maskPositives = tf.tensor1d([1, 1, 1, 1, 0]);
  return { maskRows, maskGtBoxes, maskRegions: { boxes, imageIndices }, maskPositives } as RegionTargets;
})();
const logits = uniformTensor<tf.Rank.R4>([5, S, S, 2], 6, -3, 3);

const terms = (params: Params, on: Batch = batch) => {
  const { focal, dice } = maskLoss(logits, targets, on, params);
  return [focal.dataSync()[0]!, dice.dataSync()[0]!];
};
const assigned = {
  boxes: targets.maskRegions.boxes,
  gtBoxes: targets.maskGtBoxes,
  rows: targets.maskRows,
};
const K = base.data.instance_mask_size;
const stored = batch.masks.reshape([-1, K, K]) as tf.Tensor3D;

describe('maskLoss', () => {
  it('is the plain mean of the plain terms, to the last bit, where no cell has a weight', () => {
    const [x, truth] = [logits.slice([0, 0, 0, 1]).squeeze([3]), maskTargets(stored, assigned, S)];
    const mean = (values: tf.Tensor) =>
      values.mul(targets.maskPositives).sum().div(targets.maskPositives.sum()).dataSync()[0];
    const focal = focalLoss(x, truth, { gamma: 1, alpha: none.loss.focal_alpha }).mean([1, 2]);
    expect(terms(none)).toEqual([mean(focal), mean(diceLoss(x, truth, { smooth: 0.5 }))]);
  });
  it('computes no weights then, and does not even look at the map of touching buildings', async () => {
    const gone = tf.zeros<tf.Rank.R3>([2, 1, 1]);
    gone.dispose();
    expect(terms(none, { ...batch, touching: gone })).toEqual(terms(none));
    const kernels = async (params: Params) => {
      const { kernelNames } = await tf.profile(() => maskLoss(logits, targets, batch, params));
      return kernelNames;
    };
    expect(await kernels(none)).not.toContain('MaxPool');
    expect(await kernels(both)).toContain('MaxPool');
  });
  it.each([
    ['the outline', { boundary_weight: 2, touching_weight: 0 }],
    ['touching buildings', { boundary_weight: 0, touching_weight: 3 }],
    ['both', { boundary_weight: 2, touching_weight: 3 }],
  ])('weighs cells by %s', (_, weights) => {
    const size = { size: S, width: 1, imageSize: base.data.image_size };
    const atOutline = boundaryWeight(stored, assigned, size).dataSync();
    const between = touchingWeight(batch.touching, targets.maskRegions, S).dataSync();
    const truth = maskTargets(stored, assigned, S).dataSync();
    const values = logits.slice([0, 0, 0, 1]).dataSync();
    const expected = [0, 0];
    for (let q = 0; q < 4; q++) {
      const sums = { weight: 0, focal: 0, overlap: 0, total: 0 };
      for (let i = q * S * S; i < (q + 1) * S * S; i++) {
        const w = 1 + weights.boundary_weight * atOutline[i]! + weights.touching_weight * between[i]!;
        const [p, g] = [1 / (1 + Math.exp(-values[i]!)), truth[i]!];
        const pOfTruth = g === 1 ? p : 1 - p;
        sums.weight += w;
        // gamma 1, alpha 0.5
        sums.focal += w * 0.5 * (1 - pOfTruth) * -Math.log(pOfTruth);
        sums.overlap += w * p * g;
        sums.total += w * (p * p + g * g);
      }
      expected[0]! += sums.focal / sums.weight / 4;
      expected[1]! += (1 - (2 * sums.overlap + 0.5) / (sums.total + 0.5)) / 4;
    }
    expectClose(terms({ ...both, loss: { ...both.loss, ...weights } }), expected);
  });
  it('has cells of both kinds in this test', () => {
    const size = { size: S, width: 1, imageSize: base.data.image_size };
    const share = boundaryWeight(stored, assigned, size).mean().dataSync()[0]!;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.9);
    expect(touchingWeight(batch.touching, targets.maskRegions, S).max().dataSync()[0]).toBeGreaterThan(0.1);
  });
  it('has the gradient of its values', () => {
    const total = (x: tf.Tensor) => {
      const { focal, dice } = maskLoss(x as tf.Tensor4D, targets, batch, both);
      return focal.add(dice);
    };
    // Each cell has a small share in the mean.
    expectGradient(total, logits, { absolute: 2e-5, relative: 2e-3 }, 5e-2);
  });
});

describe('maskRcnnLoss with weights of cells', () => {
  const lossAndGradients = (params: Params) => {
    const model = createMaskRcnn(params);
    const variables = [...model.weights.variables.values()];
    const fn = (inputs: { batch: Batch; seed: tf.Tensor1D }) =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => {
          const features = extractFeatures(model, inputs.batch.images, params.model);
          return maskRcnnLoss(model, features, inputs, params).total;
        }, variables);
        const named = [...model.weights.variables].map(([name, { name: id }]) => [name, grads[id]!] as const);
        return { total: value, ...Object.fromEntries(named) } as Record<string, tf.Tensor>;
      });
    return { model, fn };
  };
  const values = (outputs: Record<string, tf.Tensor>) =>
    Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, [...tensor.dataSync()]]));

  it('gives the same bits compiled as op by op, and others than without weights', async () => {
    const { model, fn } = lossAndGradients(both);
    const seed = tf.tensor1d([3, 1], 'int32');
    const eager = values(fn({ batch, seed }));
    const example = { batch: tinyBatch(both, 2), seed };
    const compiled = await runCompiled(
      fn,
      { example, inputs: { batch, seed } },
      { state: model.weights.variables, constants: [model.anchors.boxes] },
    );
    expect(values(compiled)).toEqual(eager);
    const unweighted = values(lossAndGradients(none).fn({ batch, seed }));
    expect(Object.keys(unweighted)).toEqual(Object.keys(eager));
    expect(unweighted.total).not.toEqual(eager.total);
  }, 60_000);
  it('leaves no tensor behind', () => {
    const { fn } = lossAndGradients(both);
    const seed = tf.tensor1d([3, 1], 'int32');
    expectNoLeak(() => fn({ batch, seed }));
  });
});
