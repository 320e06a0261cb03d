import { tf } from '../../system/tensorflow.ts';
import { DataType } from '../graph.ts';
import { applyStateOp } from '../state-update.ts';
import { when } from '../when.ts';
import { createMemory, createSlots, type Gradients, type Memory, type Variables } from './optimizer.ts';

/** Sums gradients over several small batches, to update the weights as one large batch would. */
export interface Accumulation extends Memory {
  /**
   * Adds gradients, and where `last` holds, begins anew after `update` has had them.
   * @param last scalar bool: the last of the small batches
   * @param update gets the mean over the batches since the last update; called inside of `when(last)`
   */
  add(gradients: Gradients, last: tf.Tensor, update: (means: Gradients) => void): void;
}

/** Its memory is `weight/gradient` and `accumulation/batches`, zero at first. */
export function createAccumulation(weights: Variables): Accumulation {
  const sums = createSlots(weights, ['gradient']);
  const count = createMemory(new Map([['accumulation/batches', () => tf.scalar(0)]]));
  const batches = count.state.get('accumulation/batches')!;
  const sumOf = (name: string) => sums.state.get(`${name}/gradient`)!;
  return {
    state: new Map([...sums.state, ...count.state]),
    dispose: () => {
      sums.dispose();
      count.dispose();
    },
    add: (gradients, last, update) => {
      for (const [name, gradient] of gradients) addTo(sumOf(name), gradient);
      batches.assign(batches.add(1));
      when(last, () => {
        update(new Map([...gradients.keys()].map((name) => [name, sumOf(name).div(batches)])));
        for (const sum of sums.state.values()) sum.assign(tf.zerosLike(sum));
        batches.assign(tf.zerosLike(batches));
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
