import type { Weights } from '../../src/model/weights.ts';
import { tf } from '../../src/system/tensorflow.ts';

/** Weights of 0: for what depends on names and shapes only. Drawing a ResNet-101 takes seconds. */
export function blankWeights(): Weights {
  const variables = new Map<string, tf.Variable>();
  return {
    variables,
    create: <R extends tf.Rank>(name: string, shape: tf.ShapeMap[R]) => {
      const variable = tf.tidy(() => tf.variable(tf.zeros<R>(shape)));
      variables.set(name, variable as tf.Variable);
      return variable as tf.Variable<R>;
    },
    dispose: () => tf.dispose([...variables.values()]),
  };
}
