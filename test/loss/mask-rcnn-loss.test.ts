import { describe, expect, it } from 'vitest';
import type { Losses } from '../../src/loss/losses.ts';
import { maskRcnnLoss } from '../../src/loss/mask-rcnn-loss.ts';
import { extractFeatures } from '../../src/model/features.ts';
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import type { Params } from '../../src/params/schema.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { runCompiled } from '../support/eager-and-compiled.ts';
import { tinyBatch } from '../support/tiny-batch.ts';
import { tinyParams } from '../support/tiny-model.ts';

type Options = Pick<Params, 'model' | 'loss'>;

const params = tinyParams();
const model = createMaskRcnn(params);
const batch = tinyBatch(params);
const seed = tf.tensor1d([1, 2], 'int32');
// Features that all share: what differs is the loss's own doing.
const features = extractFeatures(model, batch.images, params.model);

function lossesWith(change: Partial<Options['loss']>, { rpn = {}, roi = {} } = {}): Record<string, number> {
  const options: Options = {
    loss: { ...params.loss, ...change },
    model: {
      ...params.model,
      rpn: { ...params.model.rpn, ...rpn },
      roi: { ...params.model.roi, ...roi },
    },
  };
  return figures(tf.tidy(() => maskRcnnLoss(model, features, { batch, seed }, options)));
}

function figures(losses: Losses): Record<string, number> {
  return Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, loss.dataSync()[0]!]));
}

const usual = lossesWith({});

/** Terms whose values are not the usual ones. */
function changed(losses: Record<string, number>): string[] {
  return Object.keys(usual).filter((name) => name !== 'total' && losses[name] !== usual[name]);
}

describe('maskRcnnLoss', () => {
  it('is the same for the same params', () => {
    expect(lossesWith({})).toEqual(usual);
  });
  it.each<[string, ReturnType<typeof lossesWith>, string[]]>([
    ['loss.objectness', lossesWith({ objectness: 'focal' }), ['objectness']],
    ['loss.class', lossesWith({ class: 'focal' }), ['class']],
    ['loss.smooth_l1_beta', lossesWith({ smooth_l1_beta: 0.5 }), ['rpnBox', 'box']],
    [
      'model.rpn.low_quality_matches',
      lossesWith({}, { rpn: { low_quality_matches: false } }),
      ['objectness', 'rpnBox'],
    ],
    ['model.rpn.box_weights', lossesWith({}, { rpn: { box_weights: [1, 1, 2, 1] } }), ['rpnBox']],
    ['model.roi.box_weights', lossesWith({}, { roi: { box_weights: [10, 10, 5, 6] } }), ['box']],
    ['model.roi.negative_iou', lossesWith({}, { roi: { negative_iou: 0.05 } }), ['class', 'box']],
    ['model.roi.mask_samples', lossesWith({}, { roi: { mask_samples: 1 } }), ['focal', 'dice']],
  ])('reads %s, for the terms that it concerns and no others', (_, losses, terms) => {
    expect(changed(losses)).toEqual(terms);
    for (const loss of Object.values(losses)) expect(Number.isFinite(loss)).toBe(true);
  });
  it.each(['objectness', 'class'] as const)('reads gamma and alpha of a focal loss.%s', (term) => {
    const focal = (gamma: number, alpha: number) =>
      lossesWith({ [term]: 'focal', region_focal_gamma: gamma, region_focal_alpha: alpha })[term]!;
    // Undecided logits, p about 0.5: each gamma more is half the loss; alpha 0.5 for all is half of alpha 1 and 0.
    expect(focal(2, 0.5) / focal(1, 0.5)).toBeCloseTo(0.5, 1);
    expect(focal(1, 0) + focal(1, 1)).toBeCloseTo(2 * focal(1, 0.5), 4);
    expect(focal(1, 0.2)).not.toBeCloseTo(focal(1, 0.8), 3);
  });
  it('is the same function compiled, with both focal terms', async () => {
    const options: Options = {
      model: params.model,
      loss: { ...params.loss, objectness: 'focal', class: 'focal' },
    };
    const fn = (inputs: { images: tf.Tensor4D }) =>
      tf.tidy(() => {
        const at = { ...batch, images: inputs.images };
        return maskRcnnLoss(
          model,
          extractFeatures(model, at.images, params.model),
          { batch: at, seed },
          options,
        );
      });
    const compiled = await runCompiled(
      fn,
      { example: { images: tf.zeros<tf.Rank.R4>([2, 64, 64, 3]) }, inputs: { images: batch.images } },
      { state: model.weights.variables, constants: [model.anchors.boxes, seed, ...Object.values(batch)] },
    );
    expect(figures(compiled)).toEqual(figures(fn({ images: batch.images })));
  });
});
