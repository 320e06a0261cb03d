/**
 * The variables of a compiled program, which live in TensorFlow's session: the `tf.Variable`s that the functions were
 * recorded with keep the values that they had, until they are asked to follow.
 */
import { tf } from '../system/tensorflow.ts';
import { dataTypeOf } from './graph.ts';
import type { Session } from './session.ts';
import { type StateVariable, stateInput, stateOutput } from './state-graph.ts';

/** Reads and sets variables by name. */
export interface ProgramState {
  /** In the order in which they were given. */
  readonly names: readonly string[];
  /** @returns values by name, of all or of `names`; the caller disposes them. @throws RangeError for an unknown name */
  read(names?: readonly string[]): Map<string, tf.Tensor>;
  /** Sets those that are named. @throws RangeError for an unknown name or another shape or type */
  write(values: ReadonlyMap<string, tf.Tensor>): void;
  /** Copies values into `tf.Variable`s of the same names. */
  copyTo(variables: ReadonlyMap<string, tf.Variable>): void;
}

/** The state of a session whose graph has `stateNodes(variables)`. */
export function createProgramState(session: Session, variables: readonly StateVariable[]): ProgramState {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  const names = [...byName.keys()];
  const find = (name: string) => {
    const found = byName.get(name);
    if (!found) throw new RangeError(`The program has no variable ${name}; it has ${preview(names)}`);
    return found;
  };
  const read = (wanted: readonly string[] = names) => {
    const fetches = wanted.map((name) => stateOutput(find(name).name));
    const tensors = fetches.length > 0 ? session.run([], fetches) : [];
    return new Map(wanted.map((name, i) => [name, tensors[i]!]));
  };
  return {
    names,
    read,
    write: (values) => {
      if (values.size === 0) return;
      const feeds = [...values].map(([name, tensor]) => feedOf(find(name), tensor));
      tf.dispose(
        session.run(
          feeds,
          [...values.keys()].map((name) => stateInput(name).fetch),
        ),
      );
    },
    copyTo: (targets) => {
      const values = read([...targets.keys()]);
      for (const [name, tensor] of values) {
        targets.get(name)!.assign(tensor);
        tensor.dispose();
      }
    },
  };
}

function feedOf({ name, dtype, shape }: StateVariable, tensor: tf.Tensor) {
  if (dataTypeOf(tensor.dtype) !== dtype || `${tensor.shape}` !== `${shape}`) {
    throw new RangeError(
      `The variable ${name} is [${shape}], got ${tensor.dtype} [${tensor.shape}]; expected the shape and type it was compiled with`,
    );
  }
  return { node: stateInput(name).feed, dtype, tensor };
}

function preview(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
