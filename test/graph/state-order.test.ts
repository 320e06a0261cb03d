import { describe, expect, it } from 'vitest';
import { DataType } from '../../src/graph/graph.ts';
import { applyStateOp } from '../../src/graph/state-update.ts';
import { when } from '../../src/graph/when.ts';
import { createRandom, type Random } from '../../src/system/random.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectSameAsEager, type Variables } from '../support/eager-and-compiled.ts';

/** What a program may do next: a tree, so that it can be carried out as often as needed. */
type Action =
  | { do: 'compute' | 'copy'; from: number }
  | { do: 'assign' | 'addInPlace'; to: number; value: number }
  | { do: 'when'; threshold: number; body: Action[] };

const NAMES = ['a', 'b', 'c'];

function randomActions(random: Random, depth: number): Action[] {
  return Array.from({ length: 3 + random.int(4) }, (): Action => {
    const kind = random.next();
    if (depth > 0 && kind < 0.3) {
      return { do: 'when', threshold: random.uniform(-1, 1), body: randomActions(random, depth - 1) };
    }
    if (kind < 0.45) return { do: 'copy', from: random.int(3) };
    if (kind < 0.6) return { do: 'compute', from: random.int(3) };
    return { do: kind < 0.8 ? 'assign' : 'addInPlace', to: random.int(3), value: random.int(1000) };
  });
}

/** Tensors made under a condition are seen inside only. @returns the tensors of this scope */
function carryOut(
  actions: readonly Action[],
  variables: Variables,
  outer: readonly tf.Tensor[],
): tf.Tensor[] {
  const tensors = [...outer];
  for (const action of actions) {
    if (action.do === 'copy') tensors.push(variables[NAMES[action.from]!]!.clone());
    if (action.do === 'compute') tensors.push(variables[NAMES[action.from]!]!.mul(tensors.at(-1)!).sin());
    if (action.do === 'assign') variables[NAMES[action.to]!]!.assign(tensors[action.value % tensors.length]!);
    if (action.do === 'addInPlace') {
      addInPlace(variables[NAMES[action.to]!]!, tensors[action.value % tensors.length]!);
    }
    if (action.do === 'when') {
      const condition = variables[NAMES[tensors.length % 3]!]!.sum().greater(action.threshold);
      when(condition, () => carryOut(action.body, variables, tensors));
    }
  }
  return tensors;
}

function addInPlace(v: tf.Variable, amount: tf.Tensor): void {
  applyStateOp({
    op: 'AssignAddVariableOp',
    variables: [v],
    inputs: [amount],
    attributes: { dtype: { type: DataType.FLOAT } },
    eager: () => tf.tidy(() => v.assign(v.add(amount))),
  });
}

describe('programs drawn at random change state as they do op by op', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('program %i', async (seed) => {
    expect.hasAssertions();
    const actions = randomActions(createRandom(seed), 2);
    await expectSameAsEager({
      variables: () =>
        Object.fromEntries(
          NAMES.map((name, i) => [name, tf.variable(tf.tensor1d([i * 0.4 - 0.3, 0.1 * i]))]),
        ),
      fn: ({ x }, variables) => {
        const tensors = carryOut(actions, variables, [x]);
        return Object.fromEntries(tensors.map((tensor, i) => [`tensor${i}`, tensor.add(i)]));
      },
      calls: [0.5, -0.8, 0.1].map((value) => ({ x: tf.tensor1d([value, 0.2]) })),
    });
  });
});
