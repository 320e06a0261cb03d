import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { describe, expect, it } from 'vitest';
import { activeRecording } from '../../src/graph/active-recording.ts';
import { compile } from '../../src/graph/compile.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose } from '../support/tensors.ts';

/** Tensors that tfjs knows, and those of TensorFlow behind them. */
function counted() {
  return {
    tensors: tf.memory().numTensors,
    native: (tf.backend() as NodeJSKernelBackend).getNumOfTFTensors(),
  };
}

function createExample() {
  const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
  const other = tf.tidy(() => tf.variable(tf.scalar(5)));
  const inputs = { rate: tf.scalar(0.01) };
  const step = ({ rate }: typeof inputs) => {
    const { grads } = tf.variableGrads(() => w.square().sum(), [w]);
    w.assign(w.sub(grads[w.name]!.mul(rate).add(tf.fill([2], 1))));
    other.assign(other.mul(2));
    return { w: w.mul(1) };
  };
  const state = new Map<string, tf.Variable>([
    ['w', w],
    ['other', other],
  ]);
  return { w, other, inputs, step, state };
}

type Example = ReturnType<typeof createExample>;

/** Afterwards all that waits on the host has been handed to TensorFlow. */
async function compileAndRunOnce({ step, inputs, state }: Example): Promise<void> {
  const program = await compile(step, inputs, { state });
  tf.dispose(program.run(inputs));
  program.dispose();
}

describe('what compiling leaves behind', () => {
  it('is no tensor, neither after compiling, nor after 200 runs, nor in the end', async () => {
    const example = createExample();
    await compileAndRunOnce(example);
    const before = counted();
    const program = await compile(example.step, example.inputs, { state: example.state });
    expect(counted()).toEqual(before);
    for (let i = 0; i < 200; i++) tf.dispose(program.run(example.inputs));
    expect(counted()).toEqual(before);
    tf.dispose([...program.state.read().values()]);
    program.state.write(example.state);
    program.state.copyTo(example.state);
    program.dispose();
    expect(counted()).toEqual(before);
  });

  it('is the old value in every variable', async () => {
    const example = createExample();
    await compileAndRunOnce(example);
    expectClose(example.w, [1, 2]);
    expectClose(example.other, [5]);
  });

  it('is nothing else where the function throws midway', async () => {
    const example = createExample();
    await compileAndRunOnce(example);
    const before = counted();
    const failing = (inputs: Example['inputs']) => {
      example.step(inputs);
      throw new Error('midway');
    };
    await expect(compile(failing, example.inputs, { state: example.state })).rejects.toThrow('midway');
    expect(counted()).toEqual(before);
    expectClose(example.w, [1, 2]);
    expectClose(example.other, [5]);
    await compileAndRunOnce(example);
  });

  it('is no tensor of a function without outputs', async () => {
    const { inputs, other, state } = createExample();
    const fn = ({ rate }: Example['inputs']) => {
      other.assign(other.mul(rate).asScalar());
      return {};
    };
    const program = await compile(fn, inputs, { state });
    program.run(inputs);
    const before = counted();
    expect(program.run(inputs)).toEqual({});
    expect(counted()).toEqual(before);
    program.dispose();
  });

  it('is no output that the function keeps', async () => {
    const { inputs } = createExample();
    const fn = ({ rate }: Example['inputs']) => ({ kept: tf.keep(rate.add(1)), deep: { rate } });
    (await compile(fn, inputs, { state: new Map() })).dispose();
    const before = counted();
    (await compile(fn, inputs, { state: new Map() })).dispose();
    expect(counted()).toEqual(before);
  });

  it('is nothing in tfjs or in Math, whether it succeeds or not', async () => {
    const { state, inputs } = createExample();
    const watched = [tf.backend(), tf.engine(), tf.Variable.prototype, Math];
    const before = watched.map(Object.getOwnPropertyDescriptors);
    const expectUntouched = () => {
      for (const [i, target] of watched.entries()) {
        const descriptors = Object.getOwnPropertyDescriptors(target);
        expect(Object.keys(descriptors)).toEqual(Object.keys(before[i]!));
        for (const [name, descriptor] of Object.entries(before[i]!)) {
          expect(descriptors[name as never], name).toEqual(descriptor);
        }
      }
    };
    await compile(({ rate }) => ({ y: rate.add(1) }), inputs, { state });
    expectUntouched();
    await expect(
      compile(({ rate }) => ({ y: tf.scalar(rate.dataSync()[0]!) }), inputs, { state }),
    ).rejects.toThrow('dataSync');
    expectUntouched();
    expect(activeRecording()).toBe(null);
  });
});
