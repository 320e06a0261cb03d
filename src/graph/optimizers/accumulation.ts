import { tf } from '../../system/tensorflow.ts';
import { DataType } from '../graph.ts';
import { applyStateOp } from '../state-update.ts';
import { valueWhen } from '../when.ts';
import { createMemory, createSlots, type Gradients, type Memory, type Variables } from './optimizer.ts';

/** Sums gradients over several small batches, to update the weights as one large batch would. */
export interface Accumulation extends Memory {
  /**
   * Adds gradients, and where `last` holds, begins anew after `update` has had them.
   * @param batch its loss, and whether it is the last of the small batches (scalar bool)
   * @param update gets the means over the batches since the last update; called under the condition `last`. Neither is a
   *   finite number where one of the batches had none
   * @param otherwise instead of `update`
   * @returns what that returns
   */
  add(
    gradients: Gradients,
    batch: { loss: tf.Scalar; last: tf.Tensor },
    update: (means: Gradients, loss: tf.Scalar) => tf.Tensor,
    otherwise: () => tf.Tensor,
  ): tf.Tensor;
}

/** Its memory is `weight/gradient`, `accumulation/loss` and `accumulation/batches`, zero at first. */
export function createAccumulation(weights: Variables): Accumulation {
  const sums = createSlots(weights, ['gradient']);
  const totals = createMemory(
    new Map([
      ['accumulation/loss', () => tf.scalar(0)],
      ['accumulation/batches', () => tf.scalar(0)],
    ]),
  );
  const lossSum = totals.state.get('accumulation/loss')!;
  const batches = totals.state.get('accumulation/batches')!;
  const sumOf = (name: string) => sums.state.get(`${name}/gradient`)!;
  return {
    state: new Map([...sums.state, ...totals.state]),
    dispose: () => {
      sums.dispose();
      totals.dispose();
    },
    add: (gradients, { loss, last }, update, otherwise) => {
      for (const [name, gradient] of gradients) addTo(sumOf(name), gradient);
      addTo(lossSum, loss);
      addTo(batches, tf.scalar(1));
      const updateAndEmpty = () => {
        const means = new Map([...gradients.keys()].map((name) => [name, sumOf(name).div(batches)]));
        const result = update(means, lossSum.div(batches));
        for (const sum of [...sums.state.values(), lossSum, batches]) sum.assign(tf.zerosLike(sum));
        return result;
      };
      return valueWhen(last, updateAndEmpty, otherwise);
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
