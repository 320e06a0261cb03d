/**
 * From gradients to new weights: all that the params say about an update, put together from the optimizers of `graph/`.
 */
import { createAccumulation } from '../graph/optimizers/accumulation.ts';
import { createAdamW } from '../graph/optimizers/adamw.ts';
import { clipByGlobalNorm, globalNorm } from '../graph/optimizers/clip.ts';
import { createLossScale } from '../graph/optimizers/loss-scale.ts';
import { createMovingAverage } from '../graph/optimizers/moving-average.ts';
import type {
  Gradients,
  Memory,
  Optimizer,
  RateMultiples,
  Variables,
} from '../graph/optimizers/optimizer.ts';
import { createSgd } from '../graph/optimizers/sgd.ts';
import { when } from '../graph/when.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';

/** Params that shape an update. */
export type UpdateParams = Pick<
  Params['train'],
  | 'optimizer'
  | 'weight_decay'
  | 'momentum'
  | 'nesterov'
  | 'beta2'
  | 'gradient_clip_norm'
  | 'accumulation_steps'
  | 'ema_decay'
  | 'precision'
>;

/** What differs from update to update. */
export interface UpdateInputs {
  /** scalar > 0 */
  learningRate: tf.Scalar;
  /** scalar, 1 for the first update */
  step: tf.Scalar;
  /** scalar bool: the last batch of those that make an update together */
  last: tf.Tensor;
}

/** Changes weights by gradients. */
export interface WeightUpdate extends Memory {
  /** The weights that it changes. */
  readonly learning: Variables;
  /** At which multiples of the learning rate. */
  readonly multiples: RateMultiples;
  /** What the model is validated and saved with: moving averages of the learning weights, or the weights themselves; all of the model. */
  readonly averages: Variables;
  /** @returns what to differentiate: the loss, scaled where small gradients would be lost */
  scale(loss: tf.Scalar): tf.Scalar;
  /**
   * @param gradients of the scaled loss, of the learning weights
   * @returns scalar: the norm of these gradients over all weights, unscaled, before clipping
   */
  apply(gradients: Gradients, inputs: UpdateInputs): tf.Scalar;
}

/**
 * Memory starts at zero, averages at the weights.
 * @param weights of the whole model
 * @param multiples of the learning rate for each weight that learns; the others stand still. Without it all learn alike
 */
export function createUpdate(
  weights: Variables,
  params: UpdateParams,
  multiples: RateMultiples = new Map([...weights.keys()].map((name) => [name, 1])),
): WeightUpdate {
  const learning = new Map([...weights].filter(([name]) => multiples.has(name)));
  const optimizer = createOptimizer(learning, multiples, params);
  const average = params.ema_decay === null ? null : createMovingAverage(learning, params.ema_decay);
  const lossScale = params.precision === 'float16' ? createLossScale() : null;
  const accumulation = params.accumulation_steps > 1 ? createAccumulation(learning) : null;
  const parts = [optimizer, average, lossScale, accumulation].filter((part) => part !== null);
  const changeWeights = (gradients: Gradients, norm: tf.Scalar, { learningRate, step }: UpdateInputs) => {
    const change = () => {
      optimizer.apply(clipByGlobalNorm(gradients, norm, params.gradient_clip_norm), learningRate, step);
      average?.update(step);
    };
    if (!lossScale) return change();
    const finite = tf.isFinite(norm);
    when(finite, change);
    lossScale.update(finite);
  };
  return {
    learning,
    multiples,
    state: new Map(parts.flatMap(({ state }) => [...state])),
    dispose: () => {
      for (const part of parts) part.dispose();
    },
    averages: new Map([...weights, ...(average?.averages ?? [])]),
    scale: (loss) => lossScale?.scale(loss) ?? loss,
    apply: (scaled, inputs) => {
      const gradients = lossScale?.unscale(scaled) ?? scaled;
      const norm = globalNorm(gradients);
      if (accumulation) {
        accumulation.add(gradients, inputs.last, (means) => changeWeights(means, globalNorm(means), inputs));
      } else changeWeights(gradients, norm, inputs);
      return norm;
    },
  };
}

function createOptimizer(weights: Variables, multiples: RateMultiples, params: UpdateParams): Optimizer {
  const { momentum, nesterov, beta2, weight_decay: weightDecay } = params;
  return params.optimizer === 'adamw'
    ? createAdamW(weights, { beta1: momentum, beta2, weightDecay, multiples })
    : createSgd(weights, { momentum, nesterov, weightDecay, multiples });
}
