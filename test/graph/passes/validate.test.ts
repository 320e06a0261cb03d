import { describe, expect, it } from 'vitest';
import { DataType, type Graph } from '../../../src/graph/graph.ts';
import { validateGraph } from '../../../src/graph/passes/validate.ts';
import { createRandom } from '../../../src/system/random.ts';
import { graphNode, placeholder } from '../../support/graph-nodes.ts';
import { floats, integers, randomGraph } from './random-graph.ts';

const FLOAT = { T: { type: DataType.FLOAT } };
const x = placeholder('x', [2]);
const complaint = (graph: Graph) => {
  try {
    validateGraph(graph);
  } catch (error) {
    return (error as Error).message;
  }
  return null;
};

describe('validateGraph', () => {
  it('takes a sound graph, an empty one, and operations that it does not know', () => {
    expect(complaint([])).toBeNull();
    const unknown = graphNode('a/b.c\\d-e>f_1', 'Mystery', ['x', 'x', '^x'], FLOAT);
    expect(complaint([x, unknown, graphNode('y', 'Relu', [`${unknown.name}:7`], FLOAT)])).toBeNull();
    for (let seed = 0; seed < 10; seed++) {
      expect(complaint(randomGraph(createRandom('valid', seed), 100))).toBeNull();
    }
  });
  it.each(['', '_x', '/x', 'x y', 'x:1', '^x', 'é'])('refuses the name "%s"', (name) => {
    expect(complaint([placeholder(name, [])])).toBe(
      `The graph is wrong: Placeholder ${name} has a name that TensorFlow refuses; expected ^[A-Za-z0-9.][A-Za-z0-9_.\\\\/>-]*$`,
    );
  });
  it('refuses a name given twice', () => {
    expect(complaint([x, placeholder('x', [3])])).toBe(
      'The graph is wrong: Placeholder x has the name of an earlier node',
    );
  });
  it.each([
    [['y'], 'needs y, which is no earlier node'],
    [['later'], 'needs later, which is no earlier node'],
    [['self'], 'needs self, which is no earlier node'],
    [['x', '^gone'], 'needs ^gone, which is no earlier node'],
    [['^x', 'x'], 'has the value x after a control input'],
    [['x:0'], 'has the input x:0; expected node, node:1 and so on, or ^node'],
    [['x:-1'], 'has the input x:-1; expected node, node:1 and so on, or ^node'],
    [['x:'], 'has the input x:; expected node, node:1 and so on, or ^node'],
    [['^x:1'], 'has the input ^x:1; expected node, node:1 and so on, or ^node'],
    [['x:1'], 'needs x:1, but Placeholder has no such output'],
  ])('refuses the inputs %j', (inputs, fault) => {
    const graph = [x, graphNode('self', 'Identity', inputs, FLOAT), placeholder('later', [])];
    expect(complaint(graph)).toBe(`The graph is wrong: Identity self ${fault}`);
  });
  it('refuses a number of inputs that the operation does not take', () => {
    expect(complaint([x, graphNode('y', 'MatMul', ['x'], FLOAT)])).toBe(
      'The graph is wrong: MatMul y has 1 inputs; MatMul takes 2',
    );
    expect(complaint([x, graphNode('y', 'ConcatV2', ['x'], FLOAT)])).toBe(
      'The graph is wrong: ConcatV2 y has 1 inputs; ConcatV2 takes 2 or more',
    );
    expect(complaint([x, graphNode('y', 'AddN', ['x', 'x', 'x', '^x'], FLOAT)])).toBeNull();
  });
  it('refuses a value of another type', () => {
    const low = graphNode('low', 'Cast', ['x'], {
      SrcT: { type: DataType.FLOAT },
      DstT: { type: DataType.BFLOAT16 },
    });
    expect(complaint([x, low, graphNode('y', 'AddV2', ['x', 'low'], FLOAT)])).toBe(
      'The graph is wrong: AddV2 y takes type 1 as input 1, got low of type 14',
    );
    const sizes = integers('sizes', [1, 1, 1, 1]);
    expect(complaint([x, sizes, graphNode('y', 'Conv2DBackpropInput', ['x', 'x', 'sizes'], FLOAT)])).toBe(
      'The graph is wrong: Conv2DBackpropInput y takes type 3 as input 0, got x of type 1',
    );
    expect(complaint([x, graphNode('y', 'ReadVariableOp', ['x'], { dtype: { type: DataType.FLOAT } })])).toBe(
      'The graph is wrong: ReadVariableOp y takes type 20 as input 0, got x of type 1',
    );
    const top = graphNode('top', 'TopKV2', ['x', 'k'], FLOAT);
    const k = floats('k', [], [3]);
    expect(complaint([x, k, top])).toBeNull();
    const less = graphNode('less', 'Less', ['x', 'x'], FLOAT);
    expect(complaint([x, less, graphNode('y', 'Relu', ['less'], FLOAT)])).toContain('got less of type 10');
  });
  it('knows the types of later outputs and of repeated inputs', () => {
    const parts = graphNode('parts', 'Unpack', ['x'], FLOAT);
    const join = (inputs: string[]) =>
      graphNode('join', 'ConcatV2', inputs, { ...FLOAT, Tidx: { type: DataType.INT32 } });
    const axis = integers('axis', [0]);
    expect(complaint([x, axis, parts, join(['parts', 'parts:1', 'parts:17', 'axis'])])).toBeNull();
    expect(complaint([x, axis, parts, join(['parts', 'axis', 'axis'])])).toContain('as input 1, got axis');
    expect(complaint([x, axis, parts, join(['parts', 'axis', 'x'])])).toContain('as input 1, got axis');
    const merge = graphNode('merge', 'Merge', ['x', 'x'], FLOAT);
    const index = graphNode('index', 'Relu', ['merge:1'], FLOAT);
    expect(complaint([x, merge, index])).toContain('takes type 1 as input 0, got merge:1 of type 3');
  });
  it('refuses a constant whose value is not what it says', () => {
    const good = floats('c', [2], [1, 2]);
    const value = (tensor: object) => ({
      ...good,
      attributes: {
        ...good.attributes,
        value: { tensor: { dtype: DataType.FLOAT, shape: [2], bytes: new Uint8Array(8), ...tensor } },
      },
    });
    expect(complaint([value({})])).toBeNull();
    expect(complaint([value({ shape: [3] })])).toBe(
      'The graph is wrong: Const c [3] has 8 bytes; expected 12',
    );
    expect(complaint([value({ dtype: DataType.INT32 })])).toBe(
      'The graph is wrong: Const c is of type 1 but its value of 3',
    );
    expect(complaint([value({ strings: [] })])).toBe('The graph is wrong: Const c [2] has 0 strings');
    expect(complaint([{ ...good, attributes: { dtype: { type: DataType.FLOAT } } }])).toBe(
      'The graph is wrong: Const c has no value',
    );
  });
});
