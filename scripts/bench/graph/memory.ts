/** Compiled steps of the own model, one after the other: memory.ts FOLDER STEPS EVERY. A line of JSON every few steps. */
import { loadTensorFlow } from '../../../src/system/load-tensorflow.ts';
import type { MemorySample } from '../graph-memory.ts';

const [folder, steps, every] = process.argv.slice(2) as [string, string, string];
const tf = await loadTensorFlow({ deterministic: false, device: 'cpu' });
const { compileSubject, createSubject, disposeTree } = await import('./create-subject.ts');

const subject = await createSubject('own-model', folder);
const run = await compileSubject(subject, 'float32');
for (let step = 1; step <= Number(steps); step++) {
  const inputs = subject.inputs(step);
  const outputs = run(inputs);
  (outputs.loss as InstanceType<typeof tf.Tensor>).dataSync();
  disposeTree(inputs);
  disposeTree(outputs);
  if (step % Number(every) !== 0) continue;
  // What JavaScript has let go is no leak: with --expose-gc it is gone before it is counted.
  globalThis.gc?.();
  const sample: MemorySample = {
    step,
    resident_mebibytes: process.memoryUsage.rss() / 2 ** 20,
    tensors: tf.memory().numTensors,
  };
  console.log(JSON.stringify(sample));
}
