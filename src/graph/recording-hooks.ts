/**
 * What happens at each event while a function is recorded: ops become nodes, host values become constants, and what a
 * graph cannot hold is refused.
 */
import type { TensorMetadata, TFEOpAttr, TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { tf } from '../system/tensorflow.ts';
import { makesDynamicShape } from './dynamic-shapes.ts';
import type { Attribute } from './graph.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { DataId, Hooks } from './interception.ts';
import type { RecordedValues, Value } from './recorded-values.ts';
import { outsideTensor } from './recorded-values.ts';
import { type RecordingError, refusal } from './recording-error.ts';
import { addConstant, graphAttributes } from './tensor-content.ts';
import { callingFunctions, userCall } from './user-line.ts';

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
const MEND_RANDOM = 'draw them by a stateless op of TensorFlow from a seed that is an input';

/** The hooks, and what the recorder needs besides. */
export type RecordingHooks = Hooks & {
  /** Runs what is not to be recorded. */
  paused: <T>(body: () => T) => T;
  /** The first refusal, also where the function has caught it. */
  refused: () => RecordingError | null;
};

/** Hooks that add to `builder` and `values`. */
export function createRecordingHooks(builder: GraphBuilder, values: RecordedValues): RecordingHooks {
  const hooks = createHooks(builder, values);
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

function createHooks(builder: GraphBuilder, values: RecordedValues): Hooks {
  const { binding } = tf.backend() as unknown as { binding: TFJSBinding };
  const made = new WeakSet<DataId>();
  const dynamic = new WeakMap<DataId, string>();
  const kernels: string[] = [];
  let used: readonly tf.TensorInfo[] = [];
  return {
    written: (dataId) => {
      const random = callingFunctions(RANDOM_DEPTH).find((name) => JAVASCRIPT_RANDOM.test(name));
      if (random) throw refusal('draws random numbers in JavaScript, the same in every run', MEND_RANDOM, `tf.${random}`);
      made.add(dataId);
    },
    random: () => {
      throw refusal('draws a random number in JavaScript, the same in every run', MEND_RANDOM);
    },
    variable: () => {
      throw refusal('makes a variable', 'make it before and name it in options.state');
    },
    read: (dataId) => {
      if (made.has(dataId) || READS_TO_CHECK.has(kernels.at(-1) ?? '')) return;
      throw refusal('reads a value, which a graph has only when it runs', 'compute with tensors, or read outputs after the run');
    },
    used: (tensors) => {
      used = tensors.map(({ tensor }) => tensor);
      const outside = tensors.find(({ tensor, delayed }) => delayed && !made.has(tensor.dataId));
      if (outside) throw outsideTensor(describe(outside.tensor));
    },
    uploaded: (id, shape, dtype, content) => {
      const input = addConstant(builder, shape, dtype, content);
      values.set(id, { input, dtype, gate: null, constant: true, dynamic: null });
    },
    executed: (op, attributes, inputs, outputs) => {
      const tensors = used;
      if (STATEFUL_RANDOM.test(op)) throw refusal('draws random numbers with a state of its own', MEND_RANDOM, op);
      const sources = inputs.map((id, i) => values.use(id, () => describe(tensors[i])));
      addNode({ op, attributes, sources, outputs }, { builder, values, binding });
    },
    created: (tensor, id) => {
      const origin = values.peek(id)?.dynamic;
      if (!origin) return;
      dynamic.set(tensor.dataId, origin);
      hideShape(tensor, origin, () => INDIFFERENT_TO_SHAPE.has(kernels.at(-1) ?? ''));
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
        if (origin) hideShape(tensor, origin, () => INDIFFERENT_TO_SHAPE.has(kernels.at(-1) ?? ''));
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

/** Type attributes that tfjs leaves to TensorFlow's eager runtime to infer, and the input that they come from. */
const INFERRED_TYPES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ExpandDims: { T: 0 },
};

function addNode(
  { op, attributes, sources, outputs }: ExecutedOp,
  { builder, values, binding }: { builder: GraphBuilder; values: RecordedValues; binding: TFJSBinding },
): void {
  const given = graphAttributes(binding, attributes);
  if (isIdleCast(op, given)) return values.set(outputs[0]!.id, sources[0]!);
  const inferred = Object.entries(INFERRED_TYPES[op] ?? {}).map(([name, at]) => [name, { type: sources[at]!.dtype }]);
  const node = builder.add(op, {
    inputs: sources.map(({ input }) => input),
    attributes: { ...Object.fromEntries(inferred), ...given },
  });
  const inputs = sources.map((source) => ({ constant: source.constant, dynamic: source.dynamic !== null }));
  const origin = makesDynamicShape(op, inputs)
    ? (sources.find((source) => source.dynamic)?.dynamic ?? `${op} at ${userCall().line}`)
    : null;
  for (const [i, { id, dtype }] of outputs.entries()) {
    const input = i === 0 ? node : `${node}:${i}`;
    values.set(id, { input, dtype, gate: builder.gate, constant: false, dynamic: origin });
  }
}

/** tfjs casts float32 to float32 in many gradients. */
function isIdleCast(op: string, { SrcT, DstT }: Record<string, Attribute>): boolean {
  if (op !== 'Cast' || !SrcT || !DstT) return false;
  return 'type' in SrcT && 'type' in DstT && SrcT.type === DstT.type;
}

/** JavaScript sees the shape of this run only; whoever asks for it would put it into the graph. */
function hideShape(tensor: tf.Tensor, origin: string, allowed: () => boolean): void {
  const { shape } = tensor;
  Object.defineProperty(tensor, 'shape', {
    get: () => {
      if (allowed()) return shape;
      throw dependsOnData('tensor.shape', origin);
    },
  });
}

function dependsOnData(what: string, origin: string): RecordingError {
  return refusal(
    `sees a shape that depends on data, that of ${origin}`,
    'pad to a fixed size, or stay with raw ops until the size is fixed again',
    what,
  );
}

function describe(tensor: tf.TensorInfo | undefined): string {
  if (!tensor) return 'unknown';
  const kind = tensor instanceof tf.Variable ? `variable ${tensor.name}, ` : '';
  return `${kind}${tensor.dtype} [${tensor.shape}]`;
}
