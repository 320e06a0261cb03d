import { expect, it } from 'vitest';
import type { HostTensor } from '../../../src/model/safetensors.ts';
import { UserError } from '../../../src/system/errors.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { restoreTensors } from '../../../src/train/checkpoint/restore-tensors.ts';
import { eagerState } from '../../../src/train/engine/engine-state.ts';

const tensor = (...values: number[]): HostTensor => ({
  shape: [values.length],
  values: Float32Array.from(values),
});

/** Variables of two numbers each, 0 at first. */
function engineOf(...names: string[]) {
  const variables = new Map(names.map((name) => [name, tf.variable(tf.zeros([2]))]));
  const read = (name: string) => [...variables.get(name)!.dataSync()];
  return { read, ...eagerState(variables) };
}

it('sets all but what is empty between two updates', () => {
  const engine = engineOf('a', 'b', 'accumulation/a', 'x/gradient');
  restoreTensors(
    engine,
    new Map([
      ['a', tensor(1, 2)],
      ['b', tensor(3, 4)],
    ]),
    'file',
  );
  expect([engine.read('a'), engine.read('b'), engine.read('accumulation/a')]).toEqual([
    ...[
      [1, 2],
      [3, 4],
      [0, 0],
    ],
  ]);
});

it.each<[string, [string, HostTensor][], RegExp]>([
  [
    'lacks a tensor',
    [['a', tensor(1, 2)]],
    /^file does not fit the model \(it lacks b\); go on with the version/,
  ],
  [
    'has one too many',
    [
      ['a', tensor(1, 2)],
      ['b', tensor(3, 4)],
      ['c', tensor(5, 6)],
    ],
    /no variable c/,
  ],
  [
    'has one of another shape',
    [
      ['a', tensor(1, 2)],
      ['b', tensor(3)],
    ],
    /b is \[1\], expected \[2\]/,
  ],
])('sets nothing where the checkpoint %s', (_, tensors, message) => {
  const engine = engineOf('a', 'b');
  const restore = () => restoreTensors(engine, new Map(tensors), 'file');
  expect(restore).toThrow(UserError);
  expect(restore).toThrow(message);
  expect([engine.read('a'), engine.read('b')]).toEqual([
    ...[
      [0, 0],
      [0, 0],
    ],
  ]);
});
