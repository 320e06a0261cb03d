/**
 * From gradients to new weights: all that the params say about an update, put together from the optimizers of `graph/`.
 */
import { createAccumulation } from '../../graph/optimizers/accumulation.ts';
import { createAdamW } from '../../graph/optimizers/adamw.ts';
import { clipByGlobalNorm } from '../../graph/optimizers/clip.ts';
import { createLossScale } from '../../graph/optimizers/loss-scale.ts';
import { createMovingAverage } from '../../graph/optimizers/moving-average.ts';
import { globalNorm, groupNorms, type Norms } from '../../graph/optimizers/norms.ts';
import type {
  Gradients,
  Memory,
  Optimizer,
  RateMultiples,
  Variables,
} from '../../graph/optimizers/optimizer.ts';
import { createSgd } from '../../graph/optimizers/sgd.ts';
import { valueWhen } from '../../graph/when.ts';
import type { Params } from '../../params/schema.ts';
import { tf } from '../../system/tensorflow.ts';
import { partOf } from './parts.ts';
import { changeOf, readChange, type UpdateChange, unchanged } from './update-change.ts';

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
  /** scalar: what the gradients are of, but not scaled */
  loss: tf.Scalar;
  /** scalar > 0 */
  learningRate: tf.Scalar;
  /** scalar, 1 for the first update */
  step: tf.Scalar;
  /** scalar bool: the last batch of those that make an update together */
  last: tf.Tensor;
}

/** What an update says of itself. */
export interface UpdateFigures extends UpdateChange {
  /** Of these gradients, unscaled, before clipping; by part of the model. */
  gradients: Norms;
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
   * Where the loss or the gradient's norm is not a finite number, weights, averages and the optimizer's memory stay as they are:
   * no update is made of a group of batches of which one is such.
   * @param gradients of the scaled loss, of the learning weights
   */
  apply(gradients: Gradients, inputs: UpdateInputs): UpdateFigures;
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
  const skip = () => unchanged(learning);
  const changeWeights = (
    gradients: Gradients,
    norm: tf.Scalar,
    { loss, learningRate, step }: UpdateInputs,
  ) => {
    const finite = tf.isFinite(norm);
    const makeUpdate = () => {
      const clipped = clipByGlobalNorm(gradients, norm, params.gradient_clip_norm);
      const change = changeOf(learning, () => optimizer.apply(clipped, learningRate, step));
      average?.update(step);
      return change;
    };
    const change = valueWhen(tf.logicalAnd(finite, tf.isFinite(loss)), makeUpdate, skip);
    lossScale?.update(finite);
    return change;
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
      const norms = groupNorms(gradients, partOf);
      const updateWith = (means: Gradients, loss: tf.Scalar) =>
        changeWeights(means, globalNorm(means), { ...inputs, loss });
      const change = accumulation
        ? accumulation.add(gradients, inputs, updateWith, skip)
        : changeWeights(gradients, norms.all, inputs);
      return { gradients: norms, ...readChange(learning, change) };
    },
  };
}

function createOptimizer(weights: Variables, multiples: RateMultiples, params: UpdateParams): Optimizer {
  const { momentum, nesterov, beta2, weight_decay: weightDecay } = params;
  return params.optimizer === 'adamw'
    ? createAdamW(weights, { beta1: momentum, beta2, weightDecay, multiples })
    : createSgd(weights, { momentum, nesterov, weightDecay, multiples });
}
