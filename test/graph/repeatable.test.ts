import { expect, it } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { type Inputs, inputs } from '../support/refusal.ts';
import { expectClose } from '../support/tensors.ts';

const options = { state: new Map(), verify: true };

it('refuses a counter in JavaScript, with the line that uses it', async () => {
  let calls = 0;
  const fn = ({ x }: Inputs) => {
    const scaled = x.mul(2);
    return { y: scaled.add(calls++) };
  };
  await expect(compile(fn, inputs, options)).rejects.toThrow(
    /^Cannot compile: Const comes out otherwise each time .* at test\/graph\/repeatable\.test\.ts:13:\d+; pass what changes/,
  );
});

it('refuses a number of ops that differs', async () => {
  let calls = 0;
  const fn = ({ x }: Inputs) => ({ y: calls++ === 0 ? x.mul(2) : x.mul(2).square() });
  await expect(compile(fn, inputs, options)).rejects.toThrow(/Square comes out otherwise/);
});

it('lets pass what is the same each time, and changes nothing', async () => {
  const w = tf.variable(tf.tensor1d([1, 2, 3]));
  const fn = ({ x }: Inputs) => {
    w.assign(w.add(x));
    return { y: w.mul(tf.tensor1d([1, 10, 100])) };
  };
  const program = await compile(fn, inputs, { state: new Map([['w', w]]), verify: true });
  expectClose(w, [1, 2, 3]);
  expectClose(program.run(inputs).y, [2, 40, 500]);
  program.dispose();
  w.dispose();
});
