import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectRefusalsOf, type Inputs, inputs, type Refusal } from '../support/refusal.ts';
import { expectClose } from '../support/tensors.ts';

const expectRefusal = expectRefusalsOf(import.meta.url);
const MEND_READ = 'compute with tensors, or read outputs after the run';
const MEND_OUTSIDE =
  'pass it as an input, name it in options.state if it is a variable, or declare it in options.constants';
const MEND_STATE = 'name it in options.state, or leave it as it is';

const outside = tf.tensor1d([1, 2, 3]);
const variable = tf.variable(tf.tensor1d([1, 2, 3]), true, 'counter');

describe('reading a value', () => {
  const message = (callee: string, mark = callee) =>
    `${callee} reads a value, which a graph has only when it runs, at @${mark}; ${MEND_READ}`;
  const cases: Refusal[] = [
    [
      'dataSync',
      ({ x }) => ({
        y: tf.scalar(x.dataSync()[0]!), // dataSync
      }),
      message('dataSync'),
    ],
    [
      'arraySync of something computed',
      ({ x }) => ({
        y: tf.tensor(x.add(1).arraySync() as number[]), // arraySync
      }),
      message('arraySync'),
    ],
    [
      'print',
      ({ x }) => {
        x.print(); // print
        return {};
      },
      message('print'),
    ],
    [
      'toString',
      ({ x }) => {
        `${x}`; // toString
        return {};
      },
      message('toString'),
    ],
    [
      'data in an async function',
      async ({ x }) => {
        const [first] = await x.data(); // data
        return { y: tf.scalar(first!) };
      },
      message('data'),
    ],
    [
      'array, with nobody who waits for it',
      ({ x }) => {
        void x.array(); // array
        return {};
      },
      message('array'),
    ],
    [
      'an if that was written for op by op',
      ({ x }) => {
        if (x.sum().dataSync()[0]! > 3) return { x }; // branching
        return { x: x.neg() };
      },
      message('dataSync', 'branching'),
    ],
    [
      'a value inside of a gradient',
      ({ x }) => {
        const loss = (at: tf.Tensor) => at.mul(at.dataSync()[0]!).sum(); // gradient
        return { y: tf.grad(loss)(x) };
      },
      message('dataSync', 'gradient'),
    ],
    [
      'whereAsync',
      async ({ x }) => {
        return { y: await tf.whereAsync(x.greater(1)) }; // whereAsync
      },
      message('whereAsync'),
    ],
    [
      'booleanMaskAsync',
      async ({ x }) => {
        return { y: await tf.booleanMaskAsync(x, x.greater(1)) }; // booleanMaskAsync
      },
      message('booleanMaskAsync'),
    ],
    [
      'setdiff1dAsync',
      async ({ x }) => {
        return { y: (await tf.setdiff1dAsync(x, x.add(1)))[0] }; // setdiff1dAsync
      },
      message('setdiff1dAsync'),
    ],
    [
      'nonMaxSuppressionAsync',
      async ({ boxes, x }) => {
        return { y: await tf.image.nonMaxSuppressionAsync(boxes, x as tf.Tensor1D, 2) }; // nonMaxSuppressionAsync
      },
      message('nonMaxSuppressionAsync'),
    ],
    [
      'a refusal that the function catches',
      ({ x }) => {
        try {
          return { y: tf.scalar(x.dataSync()[0]!) }; // caught
        } catch {
          return { y: tf.scalar(0) };
        }
      },
      message('dataSync', 'caught'),
    ],
    [
      'after another error that the function has caught',
      ({ x }) => {
        try {
          tf.gather(x, tf.tensor1d([9], 'int32'));
        } catch {
          x.dataSync(); // afterwards
        }
        return {};
      },
      message('dataSync', 'afterwards'),
    ],
  ];
  it.each(cases)('%s', async (_, fn, expected) => {
    await expectRefusal(fn, expected);
  });

  it('of a constant is none', async () => {
    const fn = ({ x }: Inputs) => ({ y: x.mul(tf.tensor1d([2, 3]).dataSync()[1]!) });
    const program = await compile(fn, inputs, { state: new Map() });
    expectClose(program.run(inputs).y, [3, 6, 6]);
    program.dispose();
  });

  it('that tfjs only checks is none', async () => {
    const fn = ({ x }: Inputs) => ({ y: tf.gather(x, x.sub(1).cast('int32')) });
    const program = await compile(fn, inputs, { state: new Map() });
    expectClose(program.run({ ...inputs, x: tf.tensor1d([3, 2, 1]) }).y, [1, 2, 3]);
    program.dispose();
  });
});

describe('a function that returns a promise', () => {
  it('without reading a value', async () => {
    await expectRefusal(
      async ({ x }) => ({ x }),
      'the function returns a promise; expected a record of tensors',
    );
  });
});

describe('a tensor from outside', () => {
  const cases: Refusal[] = [
    [
      'one that waits on the host',
      ({ x }) => ({
        y: x.mul(tf.tensor1d([1, 1, 1])).add(outside), // host
      }),
      `add uses a tensor from outside (float32 [3]), at @host; ${MEND_OUTSIDE}`,
    ],
    [
      'one that TensorFlow has',
      (() => {
        const computed = outside.add(1);
        return ({ x }: Inputs) => ({
          y: x.mul(computed), // computed
        });
      })(),
      `mul uses a tensor from outside (float32 [3]), at @computed; ${MEND_OUTSIDE}`,
    ],
    [
      'a variable',
      ({ x }) => ({
        y: x.mul(variable), // variable
      }),
      `mul uses a tensor from outside (variable counter, float32 [3]), at @variable; ${MEND_OUTSIDE}`,
    ],
    [
      'one that is returned only',
      () => ({ nested: { outside } }),
      'the output nested/outside is a tensor from outside; pass it as an input, or declare it in options.constants',
    ],
    [
      'an input of the caller instead of the function’s',
      () => ({
        y: inputs.x.square(), // example
      }),
      `square uses a tensor from outside (float32 [3]), at @example; ${MEND_OUTSIDE}`,
    ],
    [
      'the rate of an optimizer of tfjs made before',
      (() => {
        const optimizer = tf.train.sgd(0.1);
        const w = tf.variable(tf.scalar(1), true, 'w');
        return () => {
          optimizer.minimize(() => w.square().asScalar(), false, [w]); // minimize
          return {};
        };
      })(),
      `square uses a tensor from outside (variable w, float32 []), at @minimize; ${MEND_OUTSIDE}`,
    ],
  ];
  it.each(cases)('%s', async (_, fn, expected) => {
    await expectRefusal(fn, expected);
  });
});

describe('a variable that the graph does not have', () => {
  const cases: Refusal[] = [
    [
      'is made',
      ({ x }) => {
        const made = tf.variable(x); // made
        return { y: made.add(1) };
      },
      'variable makes a variable, at @made; make it before and name it in options.state',
    ],
    [
      'is made by an optimizer of tfjs',
      ({ x }) => {
        tf.train.adam(0.1).minimize(() => x.sum().asScalar(), false, [variable]); // adam
        return {};
      },
      'adam makes a variable, at @adam; make it before and name it in options.state',
    ],
    [
      'is assigned and not read',
      ({ x }) => {
        variable.assign(x as tf.Tensor1D); // assigned
        return {};
      },
      `assign changes the variable counter, at @assigned; ${MEND_STATE}`,
    ],
  ];
  it.each(cases)('%s', async (_, fn, expected) => {
    await expectRefusal(fn, expected);
    expectClose(variable, [1, 2, 3]);
  });
});

describe('a tensor from outside that is assigned to a variable', () => {
  it.each([
    ['waits on the host', tf.tensor1d([1, 2])],
    ['is computed', tf.tensor1d([1, 2]).add(1)],
    ['is another variable', tf.variable(tf.tensor1d([1, 2]), true, 'other')],
  ])('%s', async (_, value) => {
    const w: tf.Variable = tf.variable(tf.zeros([2]));
    const fn = () => {
      w.assign(value);
      return {};
    };
    const compiling = compile(fn, {}, { state: new Map([['w', w]]) });
    const kind = value instanceof tf.Variable ? 'variable other, ' : '';
    await expect(compiling).rejects.toThrow(
      `Cannot compile: assign uses a tensor from outside (${kind}float32 [2]), at test/graph/refusals.test.ts:`,
    );
    expectClose(w, [0, 0]);
  });
});

describe('an op without output', () => {
  it('whose effect the graph would not have', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aerial-test-'));
    const summary = tf.node.summaryFileWriter(folder);
    const fn = ({ x }: Inputs) => {
      summary.scalar('sum', x.sum().asScalar(), 1); // summary
      return {};
    };
    await expectRefusal(
      fn,
      'WriteScalarSummary has no output, only an effect, at @summary; do it outside of the function',
    );
    await rm(folder, { recursive: true });
  });
});
