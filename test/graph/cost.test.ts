import { describe, expect, it } from 'vitest';
import { costOf, type GraphCost } from '../../src/graph/cost.ts';
import { createAdamW } from '../../src/graph/optimizers/adamw.ts';
import { inScope, outermostScope } from '../../src/graph/scope.ts';
import { tf } from '../../src/system/tensorflow.ts';

const MAP = [2, 16, 16, 8] as const;
const FILTER = [3, 3, 8, 8] as const;
/** Of one convolution of the map with the filter, which keeps the size. */
const CONVOLUTION = 2 * 2 * 16 * 16 * 8 * 3 * 3 * 8;
const MAP_BYTES = 2 * 16 * 16 * 8 * 4;

type Step = (x: tf.Tensor4D, w: tf.Variable<tf.Rank.R4>) => tf.Tensor;

function cost(step: Step, options: { precision?: 'bfloat16' } = {}): GraphCost {
  const x = tf.zeros<tf.Rank.R4>([...MAP]);
  const w = tf.tidy(() => tf.variable<tf.Rank.R4>(tf.zeros([...FILTER])));
  const fn = (inputs: { x: tf.Tensor4D }) => ({ y: step(inputs.x, w) });
  try {
    return costOf(fn, { x }, { state: new Map([['w', w as tf.Variable]]), ...options });
  } finally {
    tf.dispose([x, w]);
  }
}

/** @param ops all of the graph's where left out */
function flops({ nodes }: GraphCost, ops = /./): number {
  return nodes.filter(({ op }) => ops.test(op)).reduce((sum, node) => sum + node.flops, 0);
}

describe('costOf', () => {
  it('counts a convolution, and its gradient as two', () => {
    expect(flops(cost((x, w) => tf.conv2d(x, w, 1, 'same')))).toBe(CONVOLUTION);
    const both = cost((x, w) => {
      const error = (map: tf.Tensor, filter: tf.Tensor) =>
        tf
          .conv2d(map as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same')
          .square()
          .sum();
      const [dx, dw] = tf.grads(error as (...args: tf.Tensor[]) => tf.Tensor)([x, w]);
      return dx!.sum().add(dw!.sum());
    });
    expect(flops(both, /^Conv2D$/)).toBe(CONVOLUTION);
    expect(flops(both, /^Conv2DBackprop/)).toBe(2 * CONVOLUTION);
  });

  it('does not count what nobody asks for', () => {
    const unused = cost((x, w) => {
      tf.conv2d(x, w, 1, 'same');
      return x.add(1);
    });
    expect(flops(unused)).toBe(MAP_BYTES / 4);
  });

  it('tells scopes apart, one in the other', () => {
    const { nodes } = cost((x, w) => {
      const y = inScope('body', () => {
        const rectified = inScope('inner', () => tf.relu(x));
        return tf.conv2d(rectified, w, 1, 'same');
      });
      return y.mul(2);
    });
    const scopes = Object.fromEntries(
      nodes.filter(({ flops }) => flops > 0).map(({ name, op }) => [op, outermostScope(name)]),
    );
    expect(scopes).toEqual({ Relu: 'body', Conv2D: 'body', Mul: null });
    expect(nodes.find(({ op }) => op === 'Relu')!.name).toMatch(/^graph\/body\/inner\/Relu_\d+$/);
  });

  it('counts the update of variables', () => {
    const x = tf.zeros([3, 100]);
    const w = tf.variable(tf.zeros([3, 100]));
    const optimizer = createAdamW(new Map([['w', w]]), { beta1: 0.9, beta2: 0.999, weightDecay: 0 });
    const fn = (inputs: { x: tf.Tensor }) => {
      inScope('update', () => optimizer.apply(new Map([['w', inputs.x]]), tf.scalar(1), tf.scalar(1)));
      return {};
    };
    const { nodes } = costOf(fn, { x }, { state: new Map([['w', w], ...optimizer.state]) });
    expect(nodes.find(({ op }) => op === 'ResourceApplyAdam')).toMatchObject({ flops: 12 * 300 });
    expect(w.dataSync()[0]).toBe(0);
    optimizer.dispose();
    tf.dispose([x, w]);
  });

  it('tells the memory at the peak', () => {
    const { peak } = cost((x, w) => {
      const a = tf.conv2d(x, w, 1, 'same');
      const b = tf.conv2d(a, w, 1, 'same');
      return tf.conv2d(b, w, 1, 'same').add(a).sum();
    });
    // x, a, b and what b becomes.
    expect(peak.bytes).toBe(4 * MAP_BYTES);
    expect(peak.live.map(({ node }) => node.replace(/_\d+$/, ''))).toEqual([
      'graph/inputs/x',
      ...Array(3).fill('graph/Conv2D'),
    ]);
  });

  it('counts values in 16 bits as half, and operations as they are', () => {
    const three: Step = (x, w) => [1, 2, 3].reduce((y) => tf.conv2d(y, w, 1, 'same'), x).sum();
    const [full, low] = [cost(three), cost(three, { precision: 'bfloat16' })];
    expect(flops(low)).toBe(flops(full));
    // x; the last convolution's input and output, which are float32, or of 16 bits.
    expect(full.peak.bytes).toBe(3 * MAP_BYTES);
    expect(low.peak.bytes).toBeGreaterThanOrEqual(2 * MAP_BYTES);
    expect(low.peak.bytes).toBeLessThan(2.6 * MAP_BYTES);
  });

  it('leaves nothing behind', () => {
    const before = tf.memory().numTensors;
    cost((x, w) => tf.conv2d(x, w, 1, 'same'));
    expect(tf.memory().numTensors).toBe(before);
  });
});
