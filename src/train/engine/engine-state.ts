/**
 * All variables of the steps as numbers: the model's weights and what the update remembers, by name.
 */
import type { ProgramState } from '../../graph/state.ts';
import type { HostTensor } from '../../model/safetensors.ts';
import { tf } from '../../system/tensorflow.ts';

/** Reads and sets variables wherever they live. */
export interface EngineState {
  readonly variableNames: readonly string[];
  /** All of them, as they were when this was called. */
  readState(): Promise<Map<string, HostTensor>>;
  /**
   * Sets those that are named; the others keep their values.
   * @throws RangeError for an unknown name or another shape; then nothing is changed
   */
  writeState(tensors: ReadonlyMap<string, HostTensor>): void;
}

type Variables = ReadonlyMap<string, tf.Variable>;

/** The state of steps that run op by op: the variables themselves. */
export function eagerState(variables: Variables): EngineState {
  return {
    variableNames: [...variables.keys()],
    // A copy of the handle: the next step gives the variable another tensor, and leaves this one alone.
    readState: () => toHost(new Map([...variables].map(([name, variable]) => [name, variable.clone()]))),
    writeState: (tensors) => {
      assertFits(tensors, variables);
      for (const [name, tensor] of tensors) {
        tf.tidy(() => variables.get(name)!.assign(toTensor(tensor)));
      }
    },
  };
}

/** The state of compiled steps. @param variables those that the program was compiled with */
export function compiledState(state: ProgramState, variables: Variables): EngineState {
  return {
    variableNames: [...variables.keys()],
    readState: () => toHost(state.read([...variables.keys()])),
    writeState: (tensors) => {
      assertFits(tensors, variables);
      // In one run: each other choice of variables would have TensorFlow prepare the whole graph anew.
      tf.tidy(() => state.write(new Map([...tensors].map(([name, tensor]) => [name, toTensor(tensor)]))));
    },
  };
}

/** Frees the tensors. */
async function toHost(tensors: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, HostTensor>> {
  const state = new Map<string, HostTensor>();
  for (const [name, tensor] of tensors) {
    state.set(name, { shape: tensor.shape, values: (await tensor.data()) as Float32Array });
    tensor.dispose();
  }
  return state;
}

/** A tensor of its own memory. */
function toTensor({ shape, values }: HostTensor): tf.Tensor {
  return tf.tensor(copyForTensorFlow(values), [...shape], 'float32');
}

/**
 * TensorFlow uses numbers as they lie where they begin at a multiple of 64 bytes, and copies them where they do not. In a
 * variable they must not lie in JavaScript's memory: an update would change them there, and the thread that lets go of
 * them last would not be JavaScript's. A copy that begins 4 bytes after an allocation is never at such a multiple.
 */
function copyForTensorFlow(values: Float32Array): Float32Array {
  const copy = new Float32Array(values.length + 1).subarray(1);
  copy.set(values);
  return copy;
}

function assertFits(tensors: ReadonlyMap<string, HostTensor>, variables: Variables): void {
  for (const [name, { shape }] of tensors) {
    const expected = variables.get(name)?.shape;
    if (expected && `${expected}` === `${shape}`) continue;
    throw new RangeError(
      expected
        ? `writeState: ${name} is [${shape}], expected [${expected}]`
        : `writeState: the steps have no variable ${name}`,
    );
  }
}
