/**
 * What happens at each event while a function is recorded: ops become nodes, host values become constants, and what a
 * graph cannot hold is refused.
 */
import type { TensorMetadata, TFEOpAttr, TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { tf } from '../system/tensorflow.ts';
import { activeRecording } from './active-recording.ts';
import { makesDynamicShape } from './dynamic-shapes.ts';
import type { Attribute } from './graph.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { type DataId, type Hooks, tensorId } from './interception.ts';
import { inputTypeNames, isFixedType, signatureOf } from './passes/op-signatures.ts';
import type { RecordedValues, Value } from './recorded-values.ts';
import { outsideTensor } from './recorded-values.ts';
import { type RecordingError, refusal, unknownVariable } from './recording-error.ts';
import { addConstant, graphAttributes } from './tensor-content.ts';
import { callingPackages, userCall } from './user-line.ts';

/** Kernels of tfjs that read values only to check them. */
const READS_TO_CHECK = new Set(['GatherV2']);
/** Kernels of tfjs that compute nothing from a shape. */
const INDIFFERENT_TO_SHAPE = new Set(['Identity']);
/** Ops that draw numbers from a generator of their own: a graph would draw others than the function op by op. */
const STATEFUL_RANDOM = /^(Random|Multinomial|TruncatedNormal|ParameterizedTruncatedNormal|Stateful)/;
/** Functions of tfjs that draw random numbers in JavaScript. */
const JAVASCRIPT_RANDOM = /^(random|truncatedNormal|dropout|rand$|multinomial)/;
/** From `backend.write` to a random function of tfjs, and some more. */
const RANDOM_DEPTH = 12;
/** From the getter of a size to tfjs' `disposeTensor`. */
const DISPOSE_DEPTH = 4;
const MEND_SHAPE = 'pad to a fixed size, or stay with raw ops until the size is fixed again';
const MEND_RANDOM = 'draw them by a stateless op of TensorFlow from a seed that is an input';

/** The hooks, and what the recorder needs besides. */
export type RecordingHooks = Hooks & {
  /** Runs what is not to be recorded. */
  paused: <T>(body: () => T) => T;
  /** The first refusal, also where the function has caught it. */
  refused: () => RecordingError | null;
};

/** Hooks that add to `builder` and `values`. @param variables those that the graph may change */
export function createRecordingHooks(
  builder: GraphBuilder,
  values: RecordedValues,
  variables: ReadonlySet<tf.Variable>,
): RecordingHooks {
  const hooks = createHooks(builder, values, variables);
  let pauses = 0;
  let refused: RecordingError | null = null;
  const guarded = Object.entries(hooks).map(([name, hook]) => [
    name,
    (...args: unknown[]) => {
      if (pauses > 0) return;
      try {
        (hook as (...args: unknown[]) => void)(...args);
      } catch (error) {
        refused ??= error as RecordingError;
        throw error;
      }
    },
  ]);
  return {
    ...(Object.fromEntries(guarded) as Hooks),
    refused: () => refused,
    paused: (body) => {
      pauses++;
      try {
        return body();
      } finally {
        pauses--;
      }
    },
  };
}

/** What no recording can hold. */
const REFUSED_ALWAYS: Pick<Hooks, 'random' | 'variable'> = {
  random: () => {
    const { callee } = userCall();
    const name = callee === 'random' ? 'Math.random' : callee;
    throw refusal('draws a random number in JavaScript, the same in every run', MEND_RANDOM, name);
  },
  variable: () => {
    throw refusal('makes a variable', 'make it before and name it in options.state');
  },
};

function createHooks(
  builder: GraphBuilder,
  values: RecordedValues,
  variables: ReadonlySet<tf.Variable>,
): Hooks {
  const { binding } = tf.backend() as unknown as { binding: TFJSBinding };
  const made = new WeakSet<DataId>();
  const dynamic = new WeakMap<DataId, string>();
  const kernels: string[] = [];
  const hide = (tensor: tf.Tensor, origin: string) =>
    hideShape(tensor, origin, () => INDIFFERENT_TO_SHAPE.has(kernels.at(-1) ?? ''));
  let used: readonly tf.TensorInfo[] = [];
  return {
    ...REFUSED_ALWAYS,
    written: (dataId) => {
      const random = callingPackages(RANDOM_DEPTH).find((name) => JAVASCRIPT_RANDOM.test(name));
      if (random)
        throw refusal(
          'draws random numbers in JavaScript, the same in every run',
          MEND_RANDOM,
          `tf.${random}`,
        );
      made.add(dataId);
    },
    assigned: (variable, value) => {
      if (!variables.has(variable)) throw unknownVariable(variable);
      if (!values.has(tensorId(value))) throw outsideTensor(describe(value));
    },
    read: (dataId) => {
      if (made.has(dataId) || READS_TO_CHECK.has(kernels.at(-1) ?? '')) return;
      throw refusal(
        'reads a value, which a graph has only when it runs',
        'compute with tensors, or read outputs after the run',
      );
    },
    used: (tensors) => {
      used = tensors.map(({ tensor }) => tensor);
      const outside = tensors.find(({ tensor, delayed }) => delayed && !made.has(tensor.dataId));
      if (outside) throw outsideTensor(describe(outside.tensor));
    },
    uploaded: (id, shape, dtype, content) => {
      const input = addConstant(builder, shape, dtype, content);
      values.set(id, { input, dtype, shape, gate: null, constant: true, dynamic: null });
    },
    executed: (op, attributes, inputs, outputs) => {
      const tensors = used;
      if (STATEFUL_RANDOM.test(op))
        throw refusal('draws random numbers with a state of its own', MEND_RANDOM, op);
      if (outputs.length === 0)
        throw refusal('has no output, only an effect', 'do it outside of the function', op);
      const sources = inputs.map((id, i) => values.use(id, () => describe(tensors[i])));
      addNode({ op, attributes, sources, outputs }, { builder, values, binding });
    },
    created: (tensor, id) => {
      const origin = values.peek(id)?.dynamic;
      if (!origin) return;
      const kernel = kernels.at(-1);
      if (kernel && !INDIFFERENT_TO_SHAPE.has(kernel)) {
        throw refusal('makes a tensor whose shape depends on data', MEND_SHAPE, kernel);
      }
      dynamic.set(tensor.dataId, origin);
      hide(tensor, origin);
    },
    kernelStarts: (name, inputs) => {
      const origin = inputs.map((input) => input?.dataId && dynamic.get(input.dataId)).find(Boolean);
      if (origin && !INDIFFERENT_TO_SHAPE.has(name)) throw dependsOnData(`tf's ${name}`, origin);
      kernels.push(name);
    },
    kernelEnds: (outputs) => {
      kernels.pop();
      for (const tensor of outputs) {
        const origin = dynamic.get(tensor.dataId);
        if (origin) hide(tensor, origin);
      }
    },
  };
}

interface ExecutedOp {
  op: string;
  attributes: readonly TFEOpAttr[];
  sources: readonly Value[];
  outputs: readonly TensorMetadata[];
}

/**
 * Op by op, TensorFlow takes the types from the inputs, whatever tfjs says: it leaves out ExpandDims' and calls the mean of
 * whole numbers, which it has made floats, an int32.
 */
function inputTypes(op: string, sources: readonly Value[]): Record<string, Attribute> {
  const signature = signatureOf(op);
  const names = signature && inputTypeNames(signature, sources.length);
  if (!names) return {};
  const types = names.map((name, i) => [name, { type: sources[i]!.dtype }] as const);
  return Object.fromEntries(types.filter(([name]) => !isFixedType(name)).reverse());
}

function addNode(
  { op, attributes, sources, outputs }: ExecutedOp,
  { builder, values, binding }: { builder: GraphBuilder; values: RecordedValues; binding: TFJSBinding },
): void {
  const given = graphAttributes(binding, attributes);
  if (isIdleCast(op, given)) {
    values.set(outputs[0]!.id, sources[0]!);
    return;
  }
  const node = builder.add(op, {
    inputs: sources.map(({ input }) => input),
    attributes: { ...given, ...inputTypes(op, sources) },
  });
  const inputs = sources.map((source) => ({ constant: source.constant, dynamic: source.dynamic !== null }));
  const origin = makesDynamicShape(op, inputs, given)
    ? (sources.find((source) => source.dynamic)?.dynamic ?? `${op} at ${userCall().line}`)
    : null;
  for (const [i, { id, dtype, shape }] of outputs.entries()) {
    const input = i === 0 ? node : `${node}:${i}`;
    values.set(id, { input, dtype, shape, gate: builder.gate, constant: false, dynamic: origin });
  }
}

/** tfjs casts float32 to float32 in many gradients. */
function isIdleCast(op: string, { SrcT, DstT }: Record<string, Attribute>): boolean {
  if (op !== 'Cast' || !SrcT || !DstT) return false;
  return 'type' in SrcT && 'type' in DstT && SrcT.type === DstT.type;
}

/**
 * JavaScript sees the shape of this run only; whoever asks for it would put it into the graph. tfjs asks, too, how many
 * bytes a tensor has that it disposes.
 */
function hideShape(tensor: tf.Tensor, origin: string, allowed: () => boolean): void {
  for (const member of ['shape', 'size', 'strides'] as const) {
    const value = tensor[member];
    Object.defineProperty(tensor, member, {
      get: () => {
        if (
          activeRecording() === null ||
          allowed() ||
          callingPackages(DISPOSE_DEPTH).includes('disposeTensor')
        )
          return value;
        throw dependsOnData(`tensor.${member}`, origin);
      },
    });
  }
}

function dependsOnData(what: string, origin: string): RecordingError {
  return refusal(`sees a shape that depends on data, that of ${origin}`, MEND_SHAPE, what);
}

function describe(tensor: tf.TensorInfo | undefined): string {
  if (!tensor) return 'unknown';
  const kind = tensor instanceof tf.Variable ? `variable ${tensor.name}, ` : '';
  return `${kind}${tensor.dtype} [${tensor.shape}]`;
}
