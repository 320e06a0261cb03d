import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import { onDevice } from '../../src/graph/on-device.ts';
import type { TensorFunction } from '../../src/graph/record.ts';
import { recordFunction } from '../../src/graph/record.ts';
import type { TensorTree } from '../../src/graph/tensor-tree.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectSameAsEager } from '../support/eager-and-compiled.ts';
import { twoTowers } from '../support/two-towers.ts';

interface Inputs extends TensorTree {
  x: tf.Tensor;
}

const session = { deviceCount: { CPU: 2 } };

describe('onDevice', () => {
  it.each([
    ['TensorFlow chooses the rest', {}],
    ['the rest is placed', { device: '/device:CPU:0' }],
    ['the rest is placed with the first', { device: '/device:CPU:1' }],
  ])('two towers on two devices step as op by op: %s', async (_, options) => {
    const { fn, weights, inputs } = twoTowers();
    const calls = [inputs, { ...inputs, x: inputs.x.neg() }, inputs];
    await expectSameAsEager({ variables: weights, fn, calls, options: { ...options, session } });
  });

  it('and as on one device, to the last bit', async () => {
    const [two, one] = [twoTowers(), twoTowers(['/device:CPU:0', '/device:CPU:0'])];
    const [first, second] = await Promise.all(
      [two, one].map(async ({ fn, variables, inputs }) => {
        const state = new Map(Object.entries(variables));
        const program = await compile((given: typeof inputs) => fn(given, variables), inputs, {
          state,
          session,
        });
        for (let i = 0; i < 5; i++) tf.dispose(program.run(inputs));
        return [...program.state.read().get('w')!.dataSync()];
      }),
    );
    expect(first).toEqual(second);
  });

  it('writes the device into the nodes made inside, but for those of variables', () => {
    const w = tf.variable(tf.scalar(1));
    const fn = ({ x }: Inputs) => {
      const inside = onDevice('/device:CPU:1', () => {
        const y = onDevice('/device:CPU:0', () => x.neg());
        w.assign(w.mul(y.exp()));
        return w.abs();
      });
      return { y: inside.sqrt() };
    };
    const { nodes } = recordFunction(
      'f',
      fn as unknown as TensorFunction,
      { x: tf.scalar(1) },
      { state: new Map([['w', w]]), constants: [] },
    );
    const devices = nodes.map(({ op, device }) => [op, device]);
    expect(devices).toEqual([
      ['Placeholder', ''],
      ['Neg', '/device:CPU:0'],
      ['Exp', '/device:CPU:1'],
      ['ReadVariableOp', ''],
      ['Mul', '/device:CPU:1'],
      ['Abs', '/device:CPU:1'],
      ['Sqrt', ''],
      ['AssignVariableOp', ''],
      ['Identity', ''],
    ]);
  });

  it('returns to the device before, also after an error', () => {
    const fn = ({ x }: Inputs) => {
      try {
        onDevice('/device:CPU:1', () => {
          throw new Error('inside');
        });
      } catch {}
      return { y: x.neg() };
    };
    const { nodes } = recordFunction(
      'f',
      fn as unknown as TensorFunction,
      { x: tf.scalar(1) },
      { state: new Map(), constants: [] },
    );
    expect(nodes.map(({ device }) => device)).toEqual(['', '', '']);
  });

  it('is where TensorFlow really runs them', async () => {
    const script = fileURLToPath(new URL('../support/print-placement.ts', import.meta.url));
    const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0' };
    const { stderr } = await promisify(execFile)(process.execPath, [script], { env });
    const devicesOf = (op: string) => {
      const places = stderr.matchAll(
        new RegExp(`placer.* main/\\S+: \\(${op}\\): \\S+device:(CPU:\\d)`, 'g'),
      );
      return [...places].map(([, device]) => device);
    };
    expect(devicesOf('Square')).toEqual(expect.arrayContaining(['CPU:0', 'CPU:1']));
    expect(new Set(devicesOf('BatchMatMulV2'))).toEqual(new Set(['CPU:0', 'CPU:1']));
    expect(devicesOf('AddN')).toEqual(['CPU:0', 'CPU:0']);
  });

  it('refuses a device that is not there', async () => {
    const compiling = async () => {
      const fn = ({ x }: Inputs) => ({ y: onDevice('/device:CPU:7', () => x.neg()) });
      const program = await compile(fn, { x: tf.scalar(1) }, { state: new Map() });
      program.run({ x: tf.scalar(1) });
    };
    await expect(compiling()).rejects.toThrow('/device:CPU:7');
  });

  it('changes nothing op by op', () => {
    expect(onDevice('/device:CPU:7', () => tf.scalar(3).square().dataSync()[0])).toBe(9);
  });
});
