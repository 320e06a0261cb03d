/**
 * Variables while a function is recorded: reads become `ReadVariableOp`, changes become `AssignVariableOp` or an op that
 * works in place. Each read runs after the write before it, each write after all reads and writes before it.
 */
import { tf } from '../system/tensorflow.ts';
import type { ActiveRecording, StateOp } from './active-recording.ts';
import { addBranch, joinBranch, mergeValues, type Paths } from './branch.ts';
import { dataTypeOf } from './graph.ts';
import { type Gate, type GraphBuilder, isWithin } from './graph-builder.ts';
import { type DataId, sharers, tensorId } from './interception.ts';
import type { RecordedValues, Value } from './recorded-values.ts';
import { refusal, unknownVariable } from './recording-error.ts';

/** The name of the node that is a variable's handle, in every function of a program. */
export function handleOf(variable: string): string {
  return `state/${variable}`;
}

/** The state of one recording. */
export interface RecordedState {
  applyStateOp: ActiveRecording['applyStateOp'];
  when: ActiveRecording['when'];
  valueWhen: ActiveRecording['valueWhen'];
  /** Stores what is not yet stored. @returns the nodes after which all state is as the function leaves it */
  finish(): string[];
  /** Names of the variables that are read or changed. */
  touched(): string[];
  /** Gives the variables back the values that they had before. */
  restore(): void;
}

interface Entry {
  name: string;
  variable: tf.Variable;
  /** What the variable held before recording. */
  original: tf.Tensor;
  /** The tensor that is in the variable as far as the graph has stored it. */
  stored: Stored;
  /** Reads and writes in the order in which the function has them. */
  accesses: Access[];
}

interface Access {
  node: string;
  writes: boolean;
  /** The condition under which it happens; null where it always does. */
  gate: Gate | null;
}

interface Stored {
  id: number;
  dataId: DataId;
}

interface Tools {
  builder: GraphBuilder;
  values: RecordedValues;
  /** Runs what is not to be recorded. */
  paused: <T>(body: () => T) => T;
}

/** Makes the variables recordable. Call it before interception; call `restore` after, whatever happens. */
export function recordState(variables: ReadonlyMap<string, tf.Variable>, tools: Tools): RecordedState {
  const entries = [...variables].map(([name, variable]) => createEntry(name, variable));
  for (const entry of entries) readLazily(entry, tools);
  const byVariable = new Map(entries.map((entry) => [entry.variable, entry]));
  let writes: string[] = [];
  const flush = () => {
    for (const entry of entries) writes.push(...store(entry, tools));
  };
  const branch = (condition: tf.Tensor, body: () => void): Paths<string> => {
    flush();
    const outer = writes;
    writes = [];
    const { input } = tools.values.use(tensorId(condition), () => 'the condition of when()');
    const paths = addBranch(input, tools.builder);
    const happensThere = ({ gate }: Access) => isWithin(gate, paths.taken);
    const isChanged = ({ accesses }: Entry) =>
      accesses.some((access) => access.writes && happensThere(access));
    tools.builder.within(paths.taken, () => {
      body();
      flush();
      for (const entry of entries.filter(isChanged)) readForSharers(entry, tools);
    });
    const changed = entries.filter(isChanged);
    const ends = {
      taken: [...writes, ...changed.flatMap(({ accesses }) => pending(accesses))],
      skipped: changed.flatMap(({ accesses }) => pending(accesses.filter((access) => !happensThere(access)))),
    };
    const done = joinBranch(paths, ends, tools.builder);
    writes = [...outer, done];
    // It has the one value or the other.
    for (const entry of changed) rereadAfter(entry, done, tools);
    return paths;
  };
  return {
    applyStateOp: (op) => {
      const targets = op.variables.map((variable) => entryOf(byVariable, variable));
      flush();
      writes.push(applyInPlace(op, targets, tools));
    },
    when: (condition, body) => {
      branch(condition, body);
    },
    valueWhen: (condition, body, otherwise) => {
      let taken: tf.Tensor | undefined;
      const paths = branch(condition, () => {
        taken = body();
      });
      const skipped = tools.builder.within(paths.skipped, otherwise);
      return mergeTensors(paths, { taken: taken!, skipped }, tools);
    },
    finish: () => {
      flush();
      return writes;
    },
    touched: () => entries.filter(({ accesses }) => accesses.length > 0).map(({ name }) => name),
    restore: () => {
      for (const { variable, original } of entries) {
        variable.assign(original);
        original.dispose();
      }
    },
  };
}

function createEntry(name: string, variable: tf.Variable): Entry {
  // A tensor of its own for each variable: two variables made from one tensor would share its id.
  const original = tf.keep(tf.tidy(() => variable.clone()));
  refresh(variable);
  return {
    name,
    variable,
    original,
    stored: contentOf(variable),
    accesses: [],
  };
}

/** Puts the variable's value in a tensor with an id of its own, without copying the content. */
function refresh(variable: tf.Variable): void {
  tf.tidy(() => variable.assign(identity(variable)));
}

function identity(x: tf.Tensor): tf.Tensor {
  const backend = tf.backend() as unknown as {
    executeSingleInput(op: string, x: tf.Tensor): tf.Tensor;
  };
  return backend.executeSingleInput('Identity', x);
}

function contentOf(variable: tf.Variable): Stored {
  return { id: tensorId(variable), dataId: variable.dataId };
}

function entryOf(entries: ReadonlyMap<tf.Variable, Entry>, variable: tf.Variable): Entry {
  const entry = entries.get(variable);
  if (!entry) throw unknownVariable(variable);
  return entry;
}

function read(entry: Entry, { builder }: Tools): Value {
  const lastWrite = entry.accesses.findLast(({ writes }) => writes);
  const gate = lastWrite?.gate ?? null;
  const dtype = dataTypeOf(entry.variable.dtype);
  const node = builder.add('ReadVariableOp', {
    inputs: [handleOf(entry.name)],
    after: lastWrite ? [lastWrite.node] : [],
    attributes: { dtype: { type: dtype } },
    always: true,
    withVariable: true,
  });
  entry.accesses.push({ node, writes: false, gate });
  return { input: node, dtype, shape: entry.variable.shape, gate, constant: false, dynamic: null };
}

/** Assigns where the variable holds another tensor than the graph's. @returns the write, if any */
function store(entry: Entry, tools: Tools): string[] {
  const { builder, values } = tools;
  const held = contentOf(entry.variable);
  if (held.id === entry.stored.id) return [];
  const value = values.use(held.id, () => `the new value of ${entry.name}`);
  readForSharers(entry, tools);
  const node = builder.add('AssignVariableOp', {
    inputs: [handleOf(entry.name), value.input],
    after: pending(entry.accesses),
    attributes: { dtype: { type: dataTypeOf(entry.variable.dtype) } },
    withVariable: true,
  });
  entry.accesses.push({ node, writes: true, gate: builder.gate });
  entry.stored = held;
  return [node];
}

function applyInPlace(op: StateOp, targets: readonly Entry[], tools: Tools): string {
  const { builder, values } = tools;
  const inputs = op.inputs.map((tensor) => values.use(tensorId(tensor), () => `an input of ${op.op}`).input);
  for (const entry of targets) readForSharers(entry, tools);
  const node = builder.add(op.op, {
    inputs: [...targets.map(({ name }) => handleOf(name)), ...inputs],
    after: targets.flatMap(({ accesses }) => pending(accesses)),
    attributes: op.attributes,
    withVariable: true,
  });
  for (const entry of targets) rereadAfter(entry, node, tools);
  return node;
}

/** @returns a tensor that is in the graph what the path taken gives */
function mergeTensors(
  paths: Paths<string>,
  tensors: Paths<tf.Tensor>,
  { builder, values, paused }: Tools,
): tf.Tensor {
  const useOn = (path: keyof Paths<string>) =>
    builder.within(paths[path], () => values.use(tensorId(tensors[path]), () => 'the value of valueWhen()'));
  const [taken, skipped] = [useOn('taken'), useOn('skipped')];
  const [type, other] = [tensors.taken, tensors.skipped].map((tensor) => `${tensor.dtype} [${tensor.shape}]`);
  if (type !== other) {
    const what = `gets ${other} where the condition of valueWhen() does not hold, ${type} where it does`;
    throw refusal(what, 'return tensors of one type and one static shape');
  }
  const { dtype, shape } = taken;
  const input = mergeValues(paths, { taken: taken.input, skipped: skipped.input }, dtype, builder);
  const merged = paused(() => identity(tensors.taken));
  values.set(tensorId(merged), { input, dtype, shape, gate: builder.gate, constant: false, dynamic: null });
  return merged;
}

/** What the next write waits for: the last write, and all reads since then. */
function pending(accesses: readonly Access[]): string[] {
  const lastWrite = accesses.findLastIndex(({ writes }) => writes);
  return accesses.slice(Math.max(lastWrite, 0)).map(({ node }) => node);
}

/** The variable's value is what `node` has left in the state, not a tensor of the graph: it is read where it is used. */
function rereadAfter(entry: Entry, node: string, tools: Tools): void {
  tools.paused(() => refresh(entry.variable));
  entry.accesses.push({ node, writes: true, gate: tools.builder.gate });
  entry.stored = contentOf(entry.variable);
  readLazily(entry, tools);
}

function readLazily(entry: Entry, tools: Tools): void {
  tools.values.setLazily(entry.stored.id, () => read(entry, tools));
}

/** Tensors that share the variable's content, such as a clone, keep it when the variable changes: it is read before. */
function readForSharers({ variable, stored }: Entry, { values }: Tools): void {
  const own = variable.dataId === stored.dataId ? 1 : 0;
  if (sharers(stored.dataId) > own && values.has(stored.id)) values.use(stored.id, () => variable.name);
}
