import type { Optimizer, Variables } from '../../src/graph/optimizers/optimizer.ts';
import { tf } from '../../src/system/tensorflow.ts';
import type { Engine } from './engines.ts';
import type { GoldenOptimizer } from './golden-torch.ts';
import { expectClose } from './tensors.ts';

const SHAPES = { matrix: [3, 2], vector: [4] } as const;
const LEARNING_RATE = 0.01;

/** float32 on both sides, in another order of operations. */
const TOLERANCE = { absolute: 1e-6, relative: 1e-5 };

type Names = keyof typeof SHAPES;

function tensors(values: Record<string, number[]>): Record<Names, tf.Tensor> {
  const entries = Object.entries(SHAPES).map(([name, shape]) => [name, tf.tensor(values[name]!, [...shape])]);
  return Object.fromEntries(entries) as Record<Names, tf.Tensor>;
}

/** Takes the five steps of a reference, and compares the weights after each. */
export async function replay(
  engine: Engine,
  create: (weights: Variables) => Optimizer,
  { start, gradients, after }: GoldenOptimizer,
): Promise<void> {
  const weights = new Map(Object.entries(tensors(start)).map(([name, value]) => [name, tf.variable(value)]));
  const optimizer = create(weights);
  const inputs = gradients.map((values, i) => ({
    gradients: tensors(values),
    learningRate: tf.scalar(LEARNING_RATE),
    step: tf.scalar(i + 1),
  }));
  const step = (given: (typeof inputs)[number]) => {
    optimizer.apply(new Map(Object.entries(given.gradients)), given.learningRate, given.step);
    return {};
  };
  const { run, read } = await engine.start(step, inputs[0]!, new Map([...weights, ...optimizer.state]));
  for (const [i, given] of inputs.entries()) {
    run(given);
    for (const name of Object.keys(SHAPES)) expectClose(read(name), after[i]![name]!, TOLERANCE);
  }
}
