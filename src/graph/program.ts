/**
 * From functions to a running graph: record → passes → SavedModel → session.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { tf } from '../system/tensorflow.ts';
import { type CachedGraph, cacheKey, findCached, type GraphCache, storeGraph } from './cache.ts';
import { dataTypeOf } from './graph.ts';
import { DONE, type Port, recordFunction, type TensorFunction } from './record.ts';
import { recordRepeatable } from './repeatable.ts';
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
  /**
   * true: each function is recorded twice and refused where JavaScript state makes the recordings differ. For tests: it takes
   * as long again.
   */
  verify?: boolean;
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
  /** Why the cache could not keep a new graph, such as a folder that may not be written; null where it did, or had none to keep. */
  cacheError: Error | null;
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
  const started = performance.now();
  const { cached, cacheError, spec, open } = await obtainGraph(functions, options);
  const recorded = performance.now();
  const session = await open();
  const state = createProgramState(session, spec.state);
  state.write(new Map(state.names.map((name) => [name, options.state.get(name)!])));
  const loaded = performance.now();
  const times = { recordMs: recorded - started, loadMs: loaded - recorded };
  const origin = { cached, cacheError, nodes: spec.nodes, ...times };
  const names = Object.keys(functions);
  const compiled = names.map((name) => [name, compiledFunction(session, name, spec.functions[name]!)]);
  return { functions: Object.fromEntries(compiled), state, origin, dispose: session.dispose };
}

/** A graph on disk. */
interface StoredProgram extends Pick<ProgramOrigin, 'cached' | 'cacheError'> {
  spec: ProgramSpec;
  open(): Promise<Session>;
}

/** From the cache; else recorded, and kept there if that is possible. */
async function obtainGraph(functions: Functions, options: ProgramOptions): Promise<StoredProgram> {
  const { cache = null, session = {} } = options;
  if (!cache || options.verify) return withoutCache(recordProgram(functions, options), session, null);
  const folder = join(cache.folder, await cacheKey(cache, describeProgram(functions, options)));
  const open = async () => openSession(folder, session);
  const found = await findCached<ProgramSpec>(folder);
  if (found) return { cached: true, cacheError: null, spec: found, open };
  const recorded = recordProgram(functions, options);
  try {
    await storeGraph(folder, recorded);
  } catch (error) {
    return withoutCache(recorded, session, error as Error);
  }
  return { cached: false, cacheError: null, spec: recorded.spec, open };
}

/** TensorFlow reads a graph from a folder only: it gets one that is gone after that. */
function withoutCache(
  recorded: CachedGraph<ProgramSpec>,
  options: SessionOptions,
  cacheError: Error | null,
): StoredProgram {
  const open = async () => {
    const parent = await mkdtemp(join(tmpdir(), 'graph-'));
    try {
      const folder = join(parent, 'program');
      await storeGraph(folder, recorded);
      return openSession(folder, options);
    } finally {
      await rm(parent, { recursive: true, force: true });
    }
  };
  return { cached: false, cacheError, spec: recorded.spec, open };
}

function recordProgram(
  functions: Functions,
  { state, constants = [], device, verify = false }: ProgramOptions,
): CachedGraph<ProgramSpec> {
  const recordings = Object.entries(functions).map(([name, { fn, exampleInputs, precision }]) => {
    const record = verify ? recordRepeatable : recordFunction;
    const recording = record(name, fn, exampleInputs, { state, constants, dry: true });
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
  return { savedModel: encodeSavedModel(graph, {}), spec };
}

/** What of the caller's wishes shapes the graph. */
function describeProgram(functions: Functions, { state, constants = [], device }: ProgramOptions): unknown {
  const describe = ({ dtype, shape }: tf.Tensor) => [dtype, shape];
  return {
    versions: { ...tf.version, tensorflow: (tf.backend() as NodeJSKernelBackend).binding.TF_Version },
    functions: Object.entries(functions).map(([name, { exampleInputs, precision }]) => [
      name,
      flattenTree(exampleInputs).map(([path, tensor]) => [path, describe(tensor)]),
      precision,
    ]),
    state: [...state].map(([name, variable]) => [name, describe(variable)]),
    constants: constants.map((tensor) => [describe(tensor), contentHash(tensor)]),
    device,
  };
}

function contentHash(tensor: tf.Tensor): string {
  const digest = createHash('sha256');
  // Strings come as a list of byte arrays.
  const parts = [tf.backend().readSync(tensor.dataId)].flat() as (Uint8Array | Float32Array | Int32Array)[];
  for (const part of parts) digest.update(`${part.byteLength}\0`).update(part);
  return digest.digest('hex');
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
    for (const [i, port] of outputs.entries()) assertShape(tensors[i]!, port, name);
    if (outputs[0]!.path !== DONE) return unflattenTree(outputs.map(({ path }, i) => [path, tensors[i]!]));
    tf.dispose(tensors);
    return {};
  };
}

/** The recorder knows the ops whose shapes depend on data; one that it does not know shows here. */
function assertShape({ shape }: tf.Tensor, port: Port, name: string): void {
  if (`${shape}` === `${port.shape}`) return;
  throw new RangeError(
    `${name}: the output ${port.path} is [${shape}] in this run and was [${port.shape}] when it was compiled; pad to a fixed size`,
  );
}

function fed(tensor: tf.Tensor | undefined, { path, dtype, shape }: Port, name: string): tf.Tensor {
  if (tensor?.isDisposed) throw new RangeError(`${name}: the input ${path} is disposed`);
  if (tensor && dataTypeOf(tensor.dtype) === dtype && `${tensor.shape}` === `${shape}`) return tensor;
  const got = tensor ? `${tensor.dtype} [${tensor.shape}]` : 'nothing';
  throw new RangeError(
    `${name}: the input ${path} was compiled for [${shape}], got ${got}; compile it again for other shapes`,
  );
}
