/** A process of its own that compiles with a cache: `node compile-with-cache.ts FOLDER` prints what came of it. */
import { compile } from '../../src/graph/compile.ts';
import { tf } from '../../src/system/tensorflow.ts';

const folder = process.argv[2]!;
let calls = 0;
const program = await compile(
  ({ x }: { x: tf.Tensor }) => {
    calls++;
    return { y: x.mul(tf.linspace(1, 500, 500)).sum() };
  },
  { x: tf.scalar(0) },
  { state: new Map(), cache: { folder, key: 'shared', sources: [] } },
);
const [sum] = program.run({ x: tf.scalar(2) }).y.dataSync();
console.log(JSON.stringify({ calls, cached: program.origin.cached, sum }));
