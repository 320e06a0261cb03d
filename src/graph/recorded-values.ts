/**
 * What each tensor that tfjs holds while recording is in the graph.
 */
import type { DataTypeNumber } from './graph.ts';
import { existsWithin, type Gate, type GraphBuilder } from './graph-builder.ts';
import { type RecordingError, refusal } from './recording-error.ts';
import type { TensorSpec } from './shape-rules.ts';

/** A tensor's place in the graph. */
export interface Value {
  /** `node` or `node:1` */
  readonly input: string;
  readonly dtype: DataTypeNumber;
  /** As it was while recording, also where it depends on data. */
  readonly shape: readonly number[];
  /** The condition under which it exists at all; null where it always does. */
  readonly gate: Gate | null;
  readonly constant: boolean;
  /** The op and line that gave it a shape that depends on data; null for a static shape. */
  readonly dynamic: string | null;
}

/** Values by tfjs-node's tensor ids, which are never used twice. */
export interface RecordedValues {
  set(id: number, value: Value): void;
  /** For values whose node is made at the first use only, in the scope of that use. */
  setLazily(id: number, make: () => Value): void;
  has(id: number): boolean;
  /** @throws RecordingError where the tensor is from outside, or made under a condition that does not hold here */
  use(id: number, describe: () => string): Value;
  /** Without checks and without making nodes. */
  peek(id: number): Value | null;
  /** Types and shapes of all, as inputs of nodes name them: `node`, `node:1`. */
  specs(): Map<string, TensorSpec>;
}

/** An empty table. */
export function createRecordedValues(builder: GraphBuilder): RecordedValues {
  const values = new Map<number, Value>();
  const lazy = new Map<number, () => Value>();
  const find = (id: number) => {
    const make = lazy.get(id);
    if (make) {
      lazy.delete(id);
      values.set(id, make());
    }
    return values.get(id);
  };
  return {
    set: (id, value) => values.set(id, value),
    setLazily: (id, make) => lazy.set(id, make),
    has: (id) => values.has(id) || lazy.has(id),
    peek: (id) => values.get(id) ?? null,
    specs: () => new Map([...values.values()].map(({ input, dtype, shape }) => [input, { dtype, shape }])),
    use: (id, describe) => {
      const value = find(id);
      if (!value) throw outsideTensor(describe());
      if (!existsWithin(value.gate, builder.gate)) throw leftCondition(describe());
      return value;
    },
  };
}

/** The refusal of a tensor that the recording knows nothing of. */
export function outsideTensor(tensor: string): RecordingError {
  return refusal(
    `uses a tensor from outside (${tensor})`,
    'pass it as an input, name it in options.state if it is a variable, or declare it in options.constants',
  );
}

function leftCondition(tensor: string): RecordingError {
  return refusal(
    `uses a tensor (${tensor}) that exists only where the condition of when() holds`,
    'use it inside the same when(), or compute it before',
  );
}
