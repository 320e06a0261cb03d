import { DataType, type Node, type TensorValue } from '../../../src/graph/graph.ts';
import type { Random } from '../../../src/system/random.ts';

const FLOAT = { type: DataType.FLOAT };

/** Few, so that many constants are equal; with numbers that bfloat16 rounds, of a size that keeps products in range. */
const MATRICES = [
  [0.7, -0.3, -0.3, 0.7],
  [-0.3, 0.7, 0.7, 0.1],
  [0, 1, -1, 0.3],
];

/** float32 constant */
export function floats(name: string, shape: readonly number[], values: readonly number[], device = ''): Node {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return constantNode(name, { dtype: DataType.FLOAT, shape, bytes }, device);
}

/** int32 constant */
export function integers(name: string, values: readonly number[], device = ''): Node {
  const bytes = new Uint8Array(Int32Array.from(values).buffer);
  return constantNode(name, { dtype: DataType.INT32, shape: [values.length], bytes }, device);
}

function constantNode(name: string, tensor: TensorValue, device: string): Node {
  const attributes = { dtype: { type: tensor.dtype }, value: { tensor } };
  return { name, op: 'Const', inputs: [], device, attributes };
}

/**
 * A graph that `interpret` understands: constants (many equal), two variables, products, sums, operations with several
 * outputs and with integer inputs, on several devices. Everything that touches a variable runs in one given order, so
 * there is one right result.
 */
export function randomGraph(random: Random, size: number): Node[] {
  const nodes: Node[] = [];
  const matrices: string[] = [];
  const rows: string[] = [];
  let lastStateOp: string | null = null;
  const device = () => (random.next() < 0.3 ? '/device:CPU:1' : '');
  const one = (values: readonly string[]) => values[random.int(values.length)]!;
  const add = (op: string, inputs: readonly string[], attributes: Node['attributes'] = { T: FLOAT }) => {
    const name = `${op}_${nodes.length}`;
    const control =
      random.next() < 0.1 && nodes.length > 0 ? [`^${one(nodes.map((node) => node.name))}`] : [];
    nodes.push({ name, op, inputs: [...inputs, ...control], device: device(), attributes });
    return name;
  };
  const addConstant = () => {
    const values = MATRICES[random.int(MATRICES.length)]!;
    nodes.push(floats(`Const_${nodes.length}`, [2, 2], values, device()));
    matrices.push(nodes.at(-1)!.name);
  };
  const addStateOp = (op: string, inputs: readonly string[]) => {
    const order = lastStateOp === null ? [] : [`^${lastStateOp}`];
    lastStateOp = add(op, [...inputs, ...order], { dtype: FLOAT });
    return lastStateOp;
  };
  const variables = ['a', 'b'].map(() => add('VarHandleOp', [], { dtype: FLOAT }));
  nodes.push(integers('shape', [2, 2]));
  addConstant();
  rows.push(add('Unpack', [matrices[0]!]));
  const steps: (() => unknown)[] = [
    addConstant,
    () => matrices.push(add('MatMul', [one(matrices), one(matrices)])),
    () => matrices.push(add('MatMul', [one(matrices.slice(-2)), one(matrices)])),
    () => matrices.push(add(one(['AddV2', 'Sub']), [one(matrices), one(matrices)])),
    () => matrices.push(add(one(['Relu', 'Identity']), [one(matrices.slice(-2))])),
    () => matrices.push(add('ReluGrad', [one(matrices.slice(-2)), one(matrices)])),
    () => matrices.push(add('Reshape', [one(matrices.slice(-2)), 'shape'])),
    () => matrices.push(add('Pack', [one(rows), one(rows)])),
    () => {
      const name = add('Unpack', [one(matrices)]);
      rows.push(name, `${name}:1`);
    },
    () => matrices.push(addStateOp('ReadVariableOp', [one(variables)])),
    () => addStateOp('AssignVariableOp', [one(variables), one(matrices)]),
  ];
  while (nodes.length < size) steps[random.int(steps.length)]!();
  return nodes;
}
