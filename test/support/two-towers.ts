import { onDevice } from '../../src/graph/on-device.ts';
import { tf } from '../../src/system/tensorflow.ts';
import type { Variables } from './eager-and-compiled.ts';

/** The second first: whatever it makes, the first must find. */
const DEVICES = ['/device:CPU:1', '/device:CPU:0'];

/** A step of gradient descent, each half of the batch on a device of its own. */
export function twoTowers(devices: readonly string[] = DEVICES) {
  const weights = (): Variables => ({ w: tf.variable(tf.tensor2d([[1], [-2]])) });
  const inputs = {
    x: tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ]),
    y: tf.tensor2d([[1], [0], [2], [1]]),
  };
  const fn = ({ x, y }: typeof inputs, { w }: Variables) =>
    tf.tidy(() => {
      const half = x.shape[0] / devices.length;
      const towers = devices.map((device, i) =>
        onDevice(device, () => {
          const [xs, ys] = [x.slice([i * half, 0], [half, -1]), y.slice([i * half, 0], [half, -1])];
          return tf.valueAndGrad((at: tf.Tensor) =>
            tf
              .matMul(xs, at as tf.Tensor2D)
              .sub(ys)
              .square()
              .sum(),
          )(w!);
        }),
      );
      w!.assign(w!.sub(tf.addN(towers.map(({ grad }) => grad)).mul(0.001)));
      onDevice(devices[0]!, () => w!.assign(w!.mul(tf.scalar(0.999))));
      return { loss: tf.addN(towers.map(({ value }) => value)), w: onDevice(devices[0]!, () => w!.mul(2)) };
    });
  return { fn, weights, variables: weights(), inputs };
}
