/** Our side of the suite `graph`, driven line by line by `measureInTurns`: worker.ts NETWORK eager|PRECISION. */
import { createInterface } from 'node:readline';
import type { Precision } from '../../../src/graph/compile.ts';
import { loadTensorFlow } from '../../../src/system/load-tensorflow.ts';
import type { tf } from '../../../src/system/tensorflow.ts';
import { createSubject } from './create-subject.ts';
import type { Network, Subject } from './subject.ts';

const [network, form] = process.argv.slice(2) as [Network, 'eager' | Precision];
const tensorflow = await loadTensorFlow({ deterministic: false, device: 'cpu' });

async function createStep({ step, inputs, variables, constants }: Subject): Promise<Subject['step']> {
  if (form === 'eager') return step;
  const { compile } = await import('../../../src/graph/compile.ts');
  const example = inputs(1);
  const compiled = await compile(step, example, { state: variables, constants, precision: form });
  tensorflow.dispose(leaves(example));
  return compiled.run;
}

function leaves(tree: object): tf.Tensor[] {
  return Object.values(tree).flatMap((value) =>
    value instanceof tensorflow.Tensor ? [value] : leaves(value as object),
  );
}

let subject: Subject | undefined;
let run: Subject['step'] | undefined;
let step = 0;
for await (const line of createInterface({ input: process.stdin })) {
  if (!subject || !run) {
    subject = await createSubject(network, (JSON.parse(line) as { folder: string }).folder);
    run = await createStep(subject);
    console.log(JSON.stringify({ parameters: subject.parameters }));
    continue;
  }
  const inputs = subject.inputs(++step);
  const start = performance.now();
  const outputs = run(inputs);
  const loss = (outputs.loss as tf.Scalar).dataSync()[0];
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ seconds, output: loss }));
  tensorflow.dispose([...leaves(inputs), ...leaves(outputs)]);
}
