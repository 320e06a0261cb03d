/**
 * The part of a program's graph that holds its variables: a handle for each, and nodes to read and to set it by name.
 */
import { DataType, type DataTypeNumber, type Node } from './graph.ts';
import { handleOf } from './recorded-state.ts';

/** A variable of a program. */
export interface StateVariable {
  name: string;
  dtype: DataTypeNumber;
  shape: readonly number[];
}

/** The node that gives a variable's value. */
export function stateOutput(name: string): string {
  return `state-read/${name}`;
}

/** The nodes that set a variable: feed the first, fetch the second. */
export function stateInput(name: string): { feed: string; fetch: string } {
  return { feed: `state-write/${name}`, fetch: `state-written/${name}` };
}

/** Nodes for all variables. Handles of one name are one variable in all functions of a session. */
export function stateNodes(variables: readonly StateVariable[]): Node[] {
  return variables.flatMap(({ name, dtype, shape }) => {
    const handle = handleOf(name);
    const { feed, fetch } = stateInput(name);
    const [type, shaped] = [{ dtype: { type: dtype } }, { shape: { shape } }];
    const text = (value: string) => ({ s: Buffer.from(value) });
    return [
      node(handle, 'VarHandleOp', [], { ...type, ...shaped, shared_name: text(name), container: text('') }),
      node(stateOutput(name), 'ReadVariableOp', [handle], type),
      node(feed, 'Placeholder', [], { ...type, ...shaped }),
      node(`state-assign/${name}`, 'AssignVariableOp', [handle, feed], type),
      node(fetch, 'VarIsInitializedOp', [handle, `^state-assign/${name}`], {}),
    ];
  });
}

function node(name: string, op: string, inputs: string[], attributes: Node['attributes']): Node {
  return { name, op, inputs, device: '', attributes };
}

/** TensorFlow's name of a data type, as tfjs wants it where it feeds a graph. */
export function dataTypeName(dtype: DataTypeNumber): string {
  const name = Object.entries(DataType).find(([, number]) => number === dtype)?.[0];
  if (!name) throw new Error(`TensorFlow's data type ${dtype} is unknown here`);
  return `DT_${name}`;
}
