import { tf } from '../../system/tensorflow.ts';
import { DataType } from '../graph.ts';
import { applyStateOp } from '../state-update.ts';
import { when } from '../when.ts';
import { createSlots, type Gradients, type Memory, type Variables } from './optimizer.ts';

/** Sums gradients over several small batches, to update the weights as one large batch would. */
export interface Accumulation extends Memory {
  /**
   * Adds gradients, and where `last` holds, begins anew after `update` has had them.
   * @param last scalar bool: the last of the small batches
   * @param update gets the mean over the batches since the last update; called inside of `when(last)`
   */
  add(gradients: Gradients, last: tf.Tensor, update: (means: Gradients) => void): void;
}

/**
 * Its memory is `weight/gradient`, zero at first.
 * @param batches how many make an update; >= 2
 */
export function createAccumulation(weights: Variables, batches: number): Accumulation {
  const slots = createSlots(weights, ['gradient']);
  const sumOf = (name: string) => slots.state.get(`${name}/gradient`)!;
  return {
    ...slots,
    add: (gradients, last, update) => {
      for (const [name, gradient] of gradients) addTo(sumOf(name), gradient);
      when(last, () => {
        update(new Map([...gradients.keys()].map((name) => [name, sumOf(name).div(batches)])));
        for (const sum of slots.state.values()) sum.assign(tf.zerosLike(sum));
      });
    },
  };
}

function addTo(sum: tf.Variable, gradient: tf.Tensor): void {
  applyStateOp({
    op: 'AssignAddVariableOp',
    variables: [sum],
    inputs: [gradient],
    attributes: { dtype: { type: DataType.FLOAT } },
    eager: () => tf.tidy(() => sum.assign(sum.add(gradient))),
  });
}
