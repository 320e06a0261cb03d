import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, runKernel } from './kernel.ts';

/**
 * The same values, cut off from the gradient: nothing upstream is differentiated through the result.
 * tfjs has no such op; a custom gradient with no inputs leaves the tape without a way back. (`clone` would not do: it
 * writes itself on the tape also inside of a custom gradient.)
 * @param x any shape, float32
 */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const copy = () => runKernel('Identity', [x], { T: { type: DT_FLOAT } });
  return tf.customGrad(() => ({ value: copy(), gradFunc: () => [] }))() as T;
}
