/** Our side of the suite `graph`, driven line by line by `measureInTurns`: worker.ts NETWORK eager|PRECISION. */
import { createInterface } from 'node:readline';
import type { Precision } from '../../../src/graph/run-passes.ts';
import { loadTensorFlow } from '../../../src/system/load-tensorflow.ts';
import type { tf } from '../../../src/system/tensorflow.ts';
import type { Network, Subject } from './subject.ts';

const [network, form] = process.argv.slice(2) as [Network, 'eager' | Precision];
// Before any module that uses it, see there.
await loadTensorFlow({ deterministic: false, device: 'cpu' });
const { compileSubject, createSubject, disposeTree } = await import('./create-subject.ts');

let subject: Subject | undefined;
let run: Subject['step'] | undefined;
let step = 0;
for await (const line of createInterface({ input: process.stdin })) {
  if (!subject || !run) {
    subject = await createSubject(network, (JSON.parse(line) as { folder: string }).folder);
    run = form === 'eager' ? subject.step : await compileSubject(subject, form);
    console.log(JSON.stringify({ parameters: subject.parameters }));
    continue;
  }
  const inputs = subject.inputs(++step);
  const start = performance.now();
  const outputs = run(inputs);
  const loss = (outputs.loss as tf.Scalar).dataSync()[0];
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ seconds, output: loss }));
  disposeTree(inputs);
  disposeTree(outputs);
}
