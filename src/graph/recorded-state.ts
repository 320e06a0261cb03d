/**
 * Variables while a function is recorded: reads become `ReadVariableOp`, changes become `AssignVariableOp` or an op that
 * works in place. Each read runs after the write before it, each write after all reads and writes before it.
 */
import { tf } from '../system/tensorflow.ts';
import type { ActiveRecording, StateOp } from './active-recording.ts';
import { DataType, dataTypeOf } from './graph.ts';
import type { Gate, GraphBuilder } from './graph-builder.ts';
import { tensorId } from './interception.ts';
import type { RecordedValues, Value } from './recorded-values.ts';
import { refusal } from './recording-error.ts';

/** The name of the node that is a variable's handle, in every function of a program. */
export function handleOf(variable: string): string {
  return `state/${variable}`;
}

/** The state of one recording. */
export interface RecordedState {
  applyStateOp: ActiveRecording['applyStateOp'];
  when: ActiveRecording['when'];
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
  /** Id of the tensor that is in the variable as far as the graph has stored it. */
  storedId: number;
  lastWrite: { node: string; gate: Gate | null } | null;
  /** Reads since the last write. */
  reads: string[];
  touched: boolean;
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
  for (const entry of entries) tools.values.setLazily(entry.storedId, () => read(entry, tools));
  const byVariable = new Map(entries.map((entry) => [entry.variable, entry]));
  let writes: string[] = [];
  const flush = () => {
    for (const entry of entries) writes.push(...store(entry, tools));
  };
  return {
    applyStateOp: (op) => {
      const targets = op.variables.map((variable) => entryOf(byVariable, variable));
      flush();
      writes.push(applyInPlace(op, targets, tools));
    },
    when: (condition, body) => {
      flush();
      const outer = writes;
      writes = [];
      const { pivot, skipped } = branch(condition, tools);
      tools.builder.within(pivot, () => {
        body();
        flush();
      });
      const changed = entries.filter(({ lastWrite }) => lastWrite?.gate?.pivot === pivot);
      const done = join(pivot, skipped, [...writes, ...changed.flatMap(({ reads }) => reads)], tools.builder);
      writes = [...outer, done];
      for (const entry of changed) rereadAfter(entry, done, tools);
    },
    finish: () => {
      flush();
      return writes;
    },
    touched: () => entries.filter(({ touched }) => touched).map(({ name }) => name),
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
    storedId: tensorId(variable),
    lastWrite: null,
    reads: [],
    touched: false,
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

function entryOf(entries: ReadonlyMap<tf.Variable, Entry>, variable: tf.Variable): Entry {
  const entry = entries.get(variable);
  if (!entry) throw refusal(`changes the variable ${variable.name}`, 'name it in options.state');
  return entry;
}

function read(entry: Entry, { builder }: Tools): Value {
  const { lastWrite } = entry;
  const dtype = dataTypeOf(entry.variable.dtype);
  entry.touched = true;
  const node = builder.add('ReadVariableOp', {
    inputs: [handleOf(entry.name)],
    after: lastWrite ? [lastWrite.node] : [],
    attributes: { dtype: { type: dtype } },
    always: true,
  });
  entry.reads.push(node);
  return { input: node, dtype, gate: lastWrite?.gate ?? null, constant: false, dynamic: null };
}

/** Assigns where the variable holds another tensor than the graph's. @returns the write, if any */
function store(entry: Entry, { builder, values }: Tools): string[] {
  const id = tensorId(entry.variable);
  if (id === entry.storedId) return [];
  const value = values.use(id, () => `the new value of ${entry.name}`);
  const node = builder.add('AssignVariableOp', {
    inputs: [handleOf(entry.name), value.input],
    after: before(entry),
    attributes: { dtype: { type: dataTypeOf(entry.variable.dtype) } },
  });
  written(entry, node, builder.gate);
  entry.storedId = id;
  return [node];
}

function applyInPlace(op: StateOp, targets: readonly Entry[], tools: Tools): string {
  const { builder, values } = tools;
  const inputs = op.inputs.map((tensor) => values.use(tensorId(tensor), () => `an input of ${op.op}`).input);
  const node = builder.add(op.op, {
    inputs: [...targets.map(({ name }) => handleOf(name)), ...inputs],
    after: targets.flatMap(before),
    attributes: op.attributes,
  });
  tools.paused(op.eager);
  for (const entry of targets) {
    written(entry, node, builder.gate);
    // The state changed in place: whoever reads the variable from now on reads it again.
    tools.paused(() => refresh(entry.variable));
    entry.storedId = tensorId(entry.variable);
    values.setLazily(entry.storedId, () => read(entry, tools));
  }
  return node;
}

function before({ reads, lastWrite }: Entry): string[] {
  return lastWrite ? [...reads, lastWrite.node] : reads;
}

function written(entry: Entry, node: string, gate: Gate | null): void {
  entry.touched = true;
  entry.lastWrite = { node, gate };
  entry.reads = [];
}

/**
 * A conditional branch as TensorFlow's executor knows it: `Switch` puts out a value on one of two outputs, and nodes behind
 * the other are dead. @returns nodes that are alive only where the condition holds, and only where it does not
 */
function branch(condition: tf.Tensor, { builder, values }: Tools): { pivot: string; skipped: string } {
  const { input } = values.use(tensorId(condition), () => 'the condition of when()');
  const T = { type: DataType.BOOL };
  const chosen = builder.add('Switch', { inputs: [input, input], attributes: { T } });
  const pivot = builder.add('Identity', { inputs: [`${chosen}:1`], attributes: { T } });
  const skipped = builder.add('Identity', { inputs: [chosen], attributes: { T } });
  return { pivot, skipped };
}

/** A node that is alive whether or not the branch ran, and runs after `last`, the branch's own nodes, where it did. */
function join(pivot: string, skipped: string, last: readonly string[], builder: GraphBuilder): string {
  const T = { type: DataType.BOOL };
  const done = builder.add('Identity', { inputs: [pivot], after: last, attributes: { T } });
  return builder.add('Merge', { inputs: [done, skipped], attributes: { T, N: { i: 2 } } });
}

/** After a condition, a variable that was assigned under it has the one value or the other: it is read again. */
function rereadAfter(entry: Entry, done: string, tools: Tools): void {
  tools.paused(() => refresh(entry.variable));
  written(entry, done, tools.builder.gate);
  entry.storedId = tensorId(entry.variable);
  tools.values.setLazily(entry.storedId, () => read(entry, tools));
}
