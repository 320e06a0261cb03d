/** A process of its own that prints, by TensorFlow's log on stderr, on which device each node of two towers runs. */
import { compile } from '../../src/graph/compile.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { twoTowers } from './two-towers.ts';

const { fn, variables, inputs } = twoTowers();
const program = await compile((given: typeof inputs) => fn(given, variables), inputs, {
  state: new Map(Object.entries(variables)),
  // Without rewriting, nodes have the names that they were recorded with.
  session: { deviceCount: { CPU: 2 }, logDevicePlacement: true, grappler: { disable: true } },
});
tf.dispose(program.run(inputs));
