/**
 * From functions to a running graph: record → passes → SavedModel → session.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf } from '../system/tensorflow.ts';
import { cacheKey, findCached, type GraphCache, storeGraph } from './cache.ts';
import { dataTypeOf } from './graph.ts';
import { DONE, type Port, recordFunction, type TensorFunction } from './record.ts';
import { finishGraph, lowerRecording, type Precision } from './run-passes.ts';
import { encodeSavedModel } from './saved-model.ts';
import { openSession, type Session } from './session.ts';
import type { SessionOptions } from './session-options.ts';
import { createProgramState, type ProgramState } from './state.ts';
import { type StateVariable, stateNodes } from './state-graph.ts';
import { flattenTree, type TensorTree, unflattenTree } from './tensor-tree.ts';

/** A function of a program. */
export interface ProgramFunction<I extends TensorTree, O extends TensorTree> {
  fn: TensorFunction<I, O>;
  /** Tensors of the shapes and types that the compiled function will take; their values decide nothing. */
  exampleInputs: I;
  precision?: Precision;
}

/** How a program is compiled and run. */
export interface ProgramOptions {
  /** Every variable that a function reads or changes, by name: `[A-Za-z0-9_./-]`. */
  state: ReadonlyMap<string, tf.Variable>;
  /** Tensors from outside that never change. */
  constants?: readonly tf.Tensor[];
  /** Device of all that is not placed by `onDevice`; without it TensorFlow chooses. */
  device?: string;
  session?: SessionOptions;
  /** null: recorded at every start. */
  cache?: GraphCache | null;
}

/** Functions by name. */
// biome-ignore lint/suspicious/noExplicitAny: each function has inputs and outputs of its own type.
export type Functions = Readonly<Record<string, ProgramFunction<any, any>>>;

/** Functions that run in one session and share their variables. */
export interface Program<F extends Functions> {
  functions: { readonly [Name in keyof F]: F[Name]['fn'] };
  state: ProgramState;
  /** How it came to be. */
  origin: ProgramOrigin;
  /** Ends the session; the state is gone. */
  dispose(): void;
}

/** Times in milliseconds. */
export interface ProgramOrigin {
  /** true: the graph was found in the cache. */
  cached: boolean;
  /** Nodes of the graph after all passes. */
  nodes: number;
  recordMs: number;
  loadMs: number;
}

/** What a loaded graph does not tell by itself. */
interface ProgramSpec {
  functions: Record<string, { inputs: readonly Port[]; outputs: readonly Port[] }>;
  state: readonly StateVariable[];
  nodes: number;
}

/**
 * Compiles functions that share variables, e.g. a training step, a validation loss and a prediction.
 * @throws RecordingError where a function cannot be recorded; Error with TensorFlow's message where the graph is refused
 */
export async function compileProgram<F extends Functions>(
  functions: F,
  options: ProgramOptions,
): Promise<Program<F>> {
  const { cache = null } = options;
  const folder = cache
    ? join(cache.folder, await cacheKey(cache, describeProgram(functions, options)))
    : join(await mkdtemp(join(tmpdir(), 'graph-')), 'program');
  const started = performance.now();
  const found = cache ? await findCached<ProgramSpec>(folder) : null;
  const spec = found ?? (await recordProgram(functions, options, folder));
  const recorded = performance.now();
  const session = openSession(folder, options.session ?? {});
  if (!cache) await rm(join(folder, '..'), { recursive: true, force: true });
  const state = createProgramState(session, spec.state);
  state.write(new Map(state.names.map((name) => [name, options.state.get(name)!])));
  const origin = {
    cached: found !== null,
    nodes: spec.nodes,
    recordMs: recorded - started,
    loadMs: performance.now() - recorded,
  };
  const names = Object.keys(functions);
  const compiled = names.map((name) => [name, compiledFunction(session, name, spec.functions[name]!)]);
  return { functions: Object.fromEntries(compiled), state, origin, dispose: session.dispose };
}

async function recordProgram(
  functions: Functions,
  { state, constants = [], device }: ProgramOptions,
  folder: string,
): Promise<ProgramSpec> {
  const recordings = Object.entries(functions).map(([name, { fn, exampleInputs, precision }]) => {
    const recording = recordFunction(name, fn, exampleInputs, { state, constants });
    return { name, ...lowerRecording(recording, precision ?? 'float32') };
  });
  const touched = new Set(recordings.flatMap(({ state: names }) => names));
  const variables = [...state]
    .filter(([name]) => touched.has(name))
    .map(([name, { dtype, shape }]) => ({ name, dtype: dataTypeOf(dtype), shape }));
  const nodes = [...stateNodes(variables), ...recordings.flatMap((recording) => recording.nodes)];
  const graph = finishGraph(nodes, device);
  const ports = recordings.map(({ name, inputs, outputs }) => [name, { inputs, outputs }]);
  const spec = { functions: Object.fromEntries(ports), state: variables, nodes: graph.length };
  await storeGraph(folder, { savedModel: encodeSavedModel(graph, {}), spec });
  return spec;
}

/** What of the caller's wishes shapes the graph. */
function describeProgram(functions: Functions, { state, constants = [], device }: ProgramOptions): unknown {
  const describe = ({ dtype, shape }: tf.Tensor) => [dtype, shape];
  return {
    versions: tf.version,
    functions: Object.entries(functions).map(([name, { exampleInputs, precision }]) => [
      name,
      flattenTree(exampleInputs).map(([path, tensor]) => [path, describe(tensor)]),
      precision,
    ]),
    state: [...state].map(([name, variable]) => [name, describe(variable)]),
    constants: constants.map((tensor) => [describe(tensor), [...tensor.dataSync()]]),
    device,
  };
}

function compiledFunction(
  session: Session,
  name: string,
  { inputs, outputs }: ProgramSpec['functions'][string],
): TensorFunction {
  const fetches = outputs.map(({ node }) => node);
  return (tree) => {
    const leaves = new Map(flattenTree(tree));
    const feeds = inputs.map((port) => ({ ...port, tensor: fed(leaves.get(port.path), port, name) }));
    const tensors = session.run(feeds, fetches);
    if (outputs[0]!.path !== DONE) return unflattenTree(outputs.map(({ path }, i) => [path, tensors[i]!]));
    tf.dispose(tensors);
    return {};
  };
}

function fed(tensor: tf.Tensor | undefined, { path, dtype, shape }: Port, name: string): tf.Tensor {
  if (tensor && dataTypeOf(tensor.dtype) === dtype && `${tensor.shape}` === `${shape}`) return tensor;
  const got = tensor ? `${tensor.dtype} [${tensor.shape}]` : 'nothing';
  throw new RangeError(`${name}: the input ${path} was compiled for [${shape}], got ${got}; compile it again for other shapes`);
}
