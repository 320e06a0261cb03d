/**
 * Records a function of tensors: runs it once, op by op, on example inputs, and notes every op as a node. What would make
 * the graph differ from the function in another run is refused, with the op and the user's line.
 */
import { tf } from '../system/tensorflow.ts';
import { withActiveRecording } from './active-recording.ts';
import { dryRun } from './dry-run.ts';
import { DataType, type DataTypeNumber, dataTypeOf, type Node } from './graph.ts';
import { createGraphBuilder, type GraphBuilder } from './graph-builder.ts';
import { intercept, tensorId } from './interception.ts';
import { recordState } from './recorded-state.ts';
import { createRecordedValues, type RecordedValues } from './recorded-values.ts';
import { changingState, RecordingError } from './recording-error.ts';
import { createRecordingHooks } from './recording-hooks.ts';
import type { TensorSpec } from './shape-rules.ts';
import { addConstant, type HostValues } from './tensor-content.ts';
import { assertTensorTree, flattenTree, type TensorTree, unflattenTree } from './tensor-tree.ts';

/** A function that can be compiled: tensors in, tensors out, everything else in variables. */
export type TensorFunction<I extends TensorTree = TensorTree, O extends TensorTree = TensorTree> = (
  inputs: I,
) => O;

/** What a recording may use from outside of the function. */
export interface RecordingContext {
  /** Variables by name. */
  state: ReadonlyMap<string, tf.Variable>;
  /** Tensors whose content goes into the graph. */
  constants: readonly tf.Tensor[];
  /** Number of the node at which to refuse the function, known to differ from one recording to the next. */
  refuseNode?: number;
  /** true: nothing is computed; the function sees tensors that have shapes only. Where shapes depend on data, `specs` are those of zeros. */
  dry?: boolean;
}

/** A tensor that goes in or comes out, and the node that stands for it. */
export interface Port {
  /** Its place in the inputs or outputs: `batch/images`. */
  path: string;
  node: string;
  dtype: DataTypeNumber;
  shape: readonly number[];
}

/** A recorded function. */
export interface Recording {
  nodes: readonly Node[];
  inputs: readonly Port[];
  /** All of them are there only when all state is as the function leaves it. */
  outputs: readonly Port[];
  /** Names of the variables that it reads or changes. */
  state: readonly string[];
  /** Types and shapes of what the nodes put out, as inputs name it; where a shape depends on data, the one that it had. */
  specs: ReadonlyMap<string, TensorSpec>;
}

/**
 * @param name scope of its nodes
 * @param exampleInputs tensors of the shapes and types that the graph will take; their values decide nothing
 * @throws RecordingError where the function cannot be recorded
 */
export function recordFunction(
  name: string,
  fn: TensorFunction,
  exampleInputs: TensorTree,
  context: RecordingContext,
): Recording {
  assertTensorTree(exampleInputs, `${name}/inputs`);
  const builder = createGraphBuilder(name, (op, number) => {
    if (number === context.refuseNode) throw changingState(op);
  });
  const values = createRecordedValues(builder);
  const variables = new Set(context.state.values());
  const hooks = createRecordingHooks(builder, values, variables);
  const state = recordState(context.state, { builder, values, paused: hooks.paused });
  let recording: Recording | undefined;
  try {
    addConstants(context.constants, builder, values);
    // Assigned rather than returned: tidy would search all nodes for tensors.
    inTidy(context.dry ?? false, () => {
      const { tree, ports } = addInputs(exampleInputs, builder, values);
      const { onDevice, inScope } = builder;
      recording = withActiveRecording({ ...state, onDevice, inScope }, () =>
        intercept(hooks, () => {
          const outputs = callFunction(fn, tree, hooks.refused);
          assertTensorTree(outputs, `${name}/outputs`);
          const writes = state.finish();
          const fetched = addOutputs(outputs, writes, builder, values);
          disposeKept(outputs, [...variables, ...context.constants]);
          return {
            nodes: builder.nodes,
            inputs: ports,
            outputs: fetched,
            state: state.touched(),
            specs: values.specs(),
          };
        }),
      );
    });
  } finally {
    state.restore();
  }
  return recording!;
}

function inTidy(dry: boolean, body: () => void): void {
  if (dry) dryRun(() => tf.tidy(body));
  else tf.tidy(body);
}

function addConstants(constants: readonly tf.Tensor[], builder: GraphBuilder, values: RecordedValues): void {
  for (const tensor of constants) {
    const dtype = dataTypeOf(tensor.dtype);
    const input = addConstant(
      builder,
      tensor.shape,
      dtype,
      tf.backend().readSync(tensor.dataId) as HostValues,
    );
    const { shape } = tensor;
    values.set(tensorId(tensor), { input, dtype, shape, gate: null, constant: true, dynamic: null });
  }
}

/** The function gets copies, so that an input is told from every other tensor, even from itself given twice. */
function addInputs(
  inputs: TensorTree,
  builder: GraphBuilder,
  values: RecordedValues,
): { tree: TensorTree; ports: Port[] } {
  const leaves = flattenTree(inputs).map(([path, tensor]) => {
    const dtype = dataTypeOf(tensor.dtype);
    const shape = [...tensor.shape];
    const attributes = { dtype: { type: dtype }, shape: { shape } };
    const node = builder.add('Placeholder', { name: `inputs/${path}`, attributes });
    const copy = tf.tensor(tensor.dataSync(), shape, tensor.dtype);
    values.set(tensorId(copy), { input: node, dtype, shape, gate: null, constant: false, dynamic: null });
    return { leaf: [path, copy] as const, port: { path, node, dtype, shape } };
  });
  return { tree: unflattenTree(leaves.map(({ leaf }) => leaf)), ports: leaves.map(({ port }) => port) };
}

/** A refusal that the function caught, or that ended up in a promise, ends the recording all the same. */
function callFunction(
  fn: TensorFunction,
  inputs: TensorTree,
  refused: () => RecordingError | null,
): TensorTree {
  const outputs = fn(inputs) as TensorTree | Promise<unknown>;
  const error = refused();
  if (outputs instanceof Promise) {
    outputs.catch(() => {});
    throw (
      error ??
      new RecordingError('Cannot compile: the function returns a promise; expected a record of tensors')
    );
  }
  if (error) throw error;
  return outputs;
}

/** One node per output, made after all writes; a function without outputs gets one, so that there is something to fetch. */
function addOutputs(
  outputs: TensorTree,
  writes: readonly string[],
  builder: GraphBuilder,
  values: RecordedValues,
): Port[] {
  const ports = flattenTree(outputs).map(([path, tensor], i): Port => {
    if (!values.has(tensorId(tensor))) throw outsideOutput(path);
    const { input, dtype, dynamic } = values.use(tensorId(tensor), () => `the output ${path}`);
    if (dynamic)
      throw new RecordingError(`Cannot compile: the shape of the output ${path} depends on data: ${dynamic}`);
    const node = builder.add('Identity', {
      name: `outputs/${path}`,
      inputs: [input],
      after: i === 0 ? writes : [],
      attributes: { T: { type: dtype } },
    });
    return { path, node, dtype, shape: [...tensor.shape] };
  });
  return ports.length > 0 ? ports : [addDone(writes, builder)];
}

function outsideOutput(path: string): RecordingError {
  return new RecordingError(
    `Cannot compile: the output ${path} is a tensor from outside; pass it as an input, or declare it in options.constants`,
  );
}

/** Outputs that the function has kept from its tidy are the caller's, who is us here. */
function disposeKept(outputs: TensorTree, others: readonly tf.Tensor[]): void {
  for (const [, tensor] of flattenTree(outputs)) if (!others.includes(tensor)) tensor.dispose();
}

/** Path of the output that a function without outputs gets: no name of one that it has. */
export const DONE = '';

function addDone(writes: readonly string[], builder: GraphBuilder): Port {
  const value = addConstant(builder, [], DataType.BOOL, [1]);
  const attributes = { T: { type: DataType.BOOL } };
  const node = builder.add('Identity', { name: 'done', inputs: [value], after: writes, attributes });
  return { path: DONE, node, dtype: DataType.BOOL, shape: [] };
}
