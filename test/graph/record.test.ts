import { describe, expect, it } from 'vitest';
import { recordFunction, type TensorFunction } from '../../src/graph/record.ts';
import { when } from '../../src/graph/when.ts';
import { tf } from '../../src/system/tensorflow.ts';

interface Inputs {
  x: tf.Tensor;
}

/** @returns the ops of the nodes, with their inputs */
function recorded(fn: (inputs: Inputs) => object, state: Record<string, tf.Variable> = {}): string[] {
  const recording = recordFunction(
    'f',
    fn as unknown as TensorFunction,
    { x: tf.tensor1d([1, 2]) },
    { state: new Map(Object.entries(state)), constants: [] },
  );
  return recording.nodes.map(({ name, op, inputs }) => `${name} = ${op}(${inputs.join(', ')})`);
}

describe('recordFunction', () => {
  it('makes a node of each op, and none of a cast of a type to itself', () => {
    expect(recorded(({ x }) => ({ y: x.add(1).cast('float32').neg() }))).toEqual([
      'f/inputs/x = Placeholder()',
      'f/Const_1 = Const()',
      'f/Add_2 = Add(f/inputs/x, f/Const_1)',
      'f/Neg_3 = Neg(f/Add_2)',
      'f/outputs/y = Identity(f/Neg_3)',
    ]);
  });

  it('reads a variable once for each value that it has, before it changes, and changes it once', () => {
    const w = tf.variable(tf.scalar(3));
    const fn = ({ x }: Inputs) => {
      const y = x.mul(w).add(w);
      w.assign(w.neg());
      w.assign(w.exp());
      return { y };
    };
    expect(recorded(fn, { w, unused: tf.variable(tf.scalar(0)) })).toEqual([
      'f/inputs/x = Placeholder()',
      'f/ReadVariableOp_1 = ReadVariableOp(state/w)',
      'f/Mul_2 = Mul(f/inputs/x, f/ReadVariableOp_1)',
      'f/Add_3 = Add(f/Mul_2, f/ReadVariableOp_1)',
      'f/Neg_4 = Neg(f/ReadVariableOp_1)',
      'f/Exp_5 = Exp(f/Neg_4)',
      'f/AssignVariableOp_6 = AssignVariableOp(state/w, f/Exp_5, ^f/ReadVariableOp_1)',
      'f/outputs/y = Identity(f/Add_3, ^f/AssignVariableOp_6)',
    ]);
  });

  it('makes a branch of a condition, which ends after what is to have run on either path', () => {
    const w = tf.variable(tf.scalar(3));
    const fn = ({ x }: Inputs) => {
      const y = w.mul(1);
      when(x.min().greater(0), () => w.assign(w.neg()));
      return { y, w };
    };
    const nodes = recorded(fn, { w }).filter((node) => !node.includes('Const()'));
    expect(nodes.slice(-11)).toEqual([
      'f/Switch_8 = Switch(f/Greater_7, f/Greater_7)',
      'f/Identity_9 = Identity(f/Switch_8:1)',
      'f/Identity_10 = Identity(f/Switch_8)',
      'f/Neg_11 = Neg(f/ReadVariableOp_2, ^f/Identity_9)',
      'f/AssignVariableOp_12 = AssignVariableOp(state/w, f/Neg_11, ^f/ReadVariableOp_2, ^f/Identity_9)',
      'f/Identity_13 = Identity(f/Identity_9, ^f/AssignVariableOp_12)',
      'f/Identity_14 = Identity(f/Identity_10, ^f/ReadVariableOp_2)',
      'f/Merge_15 = Merge(f/Identity_13, f/Identity_14)',
      'f/outputs/y = Identity(f/Mul_3, ^f/Merge_15)',
      'f/ReadVariableOp_17 = ReadVariableOp(state/w, ^f/Merge_15)',
      'f/outputs/w = Identity(f/ReadVariableOp_17)',
    ]);
  });

  it('gives the same nodes every time', () => {
    const w = tf.variable(tf.scalar(3));
    const fn = ({ x }: Inputs) => {
      w.assign(x.mul(w).sum());
      return { y: x.mul(w) };
    };
    expect(recorded(fn, { w })).toEqual(recorded(fn, { w }));
  });
});
