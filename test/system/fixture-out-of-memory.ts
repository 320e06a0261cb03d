/** Asks for more memory than there is in every way that training does, and prints how it was told. */
import { compile } from '../../src/graph/compile.ts';
import { loadTensorFlow } from '../../src/system/load-tensorflow.ts';
import { isOutOfMemory, outOfMemoryLine } from '../../src/system/out-of-memory.ts';

const tf = await loadTensorFlow({ device: 'cpu', deterministic: false });
const tile = tf.ones<typeof tf.Rank.R2>([1000, 1000]);
const spread = ({ x }: { x: typeof tile }) => tf.tidy(() => ({ y: tf.tile(x, [400, 400]).sum() }));
const program = await compile(spread, { x: tile }, { state: new Map() });

const attempts: Record<string, () => unknown> = {
  op: () => spread({ x: tile }),
  session: () => program.run({ x: tile }),
  array: () => new Float32Array(4e9 * 5),
  shared: () => new SharedArrayBuffer(8e10),
};
for (const [what, attempt] of Object.entries(attempts)) {
  try {
    attempt();
    process.stdout.write(`${JSON.stringify({ what, known: false, line: 'nothing' })}\n`);
  } catch (error) {
    process.stdout.write(
      `${JSON.stringify({ what, known: isOutOfMemory(error), line: outOfMemoryLine(error) })}\n`,
    );
  }
}
