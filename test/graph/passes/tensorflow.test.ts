import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Attribute, DataType, type Graph } from '../../../src/graph/graph.ts';
import { shareConstants } from '../../../src/graph/passes/constants.ts';
import { removeDeadNodes } from '../../../src/graph/passes/dead-nodes.ts';
import { mixPrecision } from '../../../src/graph/passes/mixed-precision.ts';
import { placeNodes } from '../../../src/graph/passes/placement.ts';
import { DEFAULT_POLICY } from '../../../src/graph/passes/precision-policy.ts';
import { validateGraph } from '../../../src/graph/passes/validate.ts';
import { writeSavedModel } from '../../../src/graph/saved-model.ts';
import { createRandom } from '../../../src/system/random.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { graphNode, output, placeholder } from '../../support/graph-nodes.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { integers } from './random-graph.ts';

const T: Attribute = { type: DataType.FLOAT };
const LOW = { type: DataType.BFLOAT16 } as const;
const text = (value: string): Attribute => ({ s: Buffer.from(value) });
const CONV = { T, strides: { list: { i: [1, 1, 1, 1] } }, padding: text('SAME') };
const POOL = {
  T,
  ksize: { list: { i: [1, 2, 2, 1] } },
  strides: { list: { i: [1, 2, 2, 1] } },
  padding: text('VALID'),
};
const INDEX = { type: DataType.INT32 };

/** A step of gradient descent on two convolutions; `x` [1, 4, 4, 3] and `rate` [] are fed. */
const STEP: Graph = [
  placeholder('x', [1, 4, 4, 3]),
  placeholder('rate', []),
  graphNode('w', 'VarHandleOp', [], { dtype: T, shape: { shape: [3, 3, 3, 3] }, shared_name: text('w') }),
  integers('axes', [0, 1, 2, 3]),
  graphNode('weights', 'ReadVariableOp', ['w'], { dtype: T }),
  graphNode('conv1', 'Conv2D', ['x', 'weights'], CONV),
  graphNode('relu', 'Relu', ['conv1'], { T }),
  graphNode('conv2', 'Conv2D', ['relu', 'weights'], CONV),
  graphNode('pool', 'MaxPool', ['conv2'], POOL),
  integers('rows', [4, 3]),
  graphNode('flat', 'Reshape', ['pool', 'rows'], { T, Tshape: INDEX }),
  graphNode('gram', 'MatMul', ['flat', 'flat'], { T, transpose_a: { b: true } }),
  integers('all axes', [0, 1, 2, 3]),
  graphNode('square', 'Square', ['conv2'], { T }),
  graphNode('loss', 'Sum', ['square', 'axes'], { T, Tidx: INDEX }),
  integers('input sizes', [1, 4, 4, 3]),
  integers('filter sizes', [3, 3, 3, 3]),
  integers('filter sizes again', [3, 3, 3, 3]),
  graphNode('d relu', 'Conv2DBackpropInput', ['input sizes', 'weights', 'conv2'], CONV),
  graphNode('d conv1', 'ReluGrad', ['d relu', 'relu'], { T }),
  graphNode('d w1', 'Conv2DBackpropFilter', ['x', 'filter sizes', 'd conv1'], CONV),
  graphNode('d w2', 'Conv2DBackpropFilter', ['relu', 'filter sizes again', 'conv2'], CONV),
  graphNode('d w', 'AddV2', ['d w1', 'd w2'], { T }),
  graphNode('update', 'ResourceApplyGradientDescent', ['w', 'rate', 'd w'], { T }),
  graphNode('after', 'ReadVariableOp', ['w', '^update'], { dtype: T }),
  placeholder('start', [3, 3, 3, 3]),
  graphNode('assign', 'AssignVariableOp', ['w', 'start'], { dtype: T }),
  graphNode('started', 'Identity', ['start', '^assign'], { T }),
].map((node) => ({
  ...node,
  name: node.name.replaceAll(' ', '_'),
  inputs: node.inputs.map((input) => input.replaceAll(' ', '_')),
}));

const OUTPUTS = { gram: [3, 3], loss: [], relu: [1, 4, 4, 3], after: [3, 3, 3, 3] };
const ROOTS = [...Object.keys(OUTPUTS), 'started', 'start'];

const tempFolder = useTempFolders();
const models: { dispose(): void }[] = [];
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

/** @returns what the step puts out when it runs twice */
async function run(graph: Graph): Promise<Record<string, Float32Array>> {
  const folder = join(await tempFolder(), 'model');
  const named = (shapes: Record<string, number[]>) =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, output(name, shape)]));
  const weights = [3, 3, 3, 3];
  await writeSavedModel(folder, graph, {
    start: { inputs: named({ start: weights }), outputs: named({ started: weights }) },
    step: { inputs: named({ x: [1, 4, 4, 3], rate: [] }), outputs: named(OUTPUTS) },
  });
  const start = await tf.node.loadSavedModel(folder, ['serve'], 'start');
  const step = await tf.node.loadSavedModel(folder, ['serve'], 'step');
  models.push(start, step);
  return tf.tidy(() => {
    const random = createRandom('passes in TensorFlow');
    const draw = (shape: number[]) =>
      tf.fill(shape, 0).add(
        tf.tensor(
          Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
          shape,
        ),
      );
    start.predict({ start: draw(weights).mul(0.3) });
    const feeds = { x: draw([1, 4, 4, 3]), rate: tf.scalar(0.01) };
    step.predict(feeds);
    const results = step.predict(feeds) as tf.NamedTensorMap;
    return Object.fromEntries(
      Object.keys(OUTPUTS).map((name) => [name, results[name]!.dataSync() as Float32Array]),
    );
  });
}

/** Largest difference over largest value. */
function relativeError(actual: Float32Array, expected: Float32Array): number {
  const largest = (values: Float32Array) =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(actual.map((value, i) => value - expected[i]!)) / largest(expected);
}

describe('passes in TensorFlow', () => {
  it('give the same numbers in float32', async () => {
    const passed = placeNodes(shareConstants(removeDeadNodes(STEP, ROOTS), ROOTS), '/device:CPU:0');
    validateGraph(passed);
    expect(STEP.length - passed.length).toBe(2);
    expect(await run(passed)).toEqual(await run(STEP));
  });
  it('give nearly the same numbers in bfloat16, and exactly the same with operations that follow', async () => {
    const mixed = removeDeadNodes(mixPrecision(STEP, LOW), ROOTS);
    validateGraph(mixed);
    const apart = mixPrecision(STEP, { ...LOW, policy: { lower: DEFAULT_POLICY.lower, follow: new Set() } });
    const [float32, bfloat16] = [await run(STEP), await run(mixed)];
    expect(bfloat16).toEqual(await run(apart));
    for (const name of Object.keys(OUTPUTS)) {
      const error = relativeError(bfloat16[name]!, float32[name]!);
      expect(error, name).toBeGreaterThan(0);
      // Half a unit in the last of 8 bits is 0.4 %; `gram` is the product of five factors, each rounded.
      expect(error, name).toBeLessThan(0.04);
    }
  });
});
