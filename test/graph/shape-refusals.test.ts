import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import { runKernel, runKernelMulti } from '../../src/ops/kernel.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectRefusalsOf, type Inputs, inputs, type Refusal } from '../support/refusal.ts';
import { expectClose } from '../support/tensors.ts';

const expectRefusal = expectRefusalsOf(import.meta.url);
const DT_FLOAT = 1;
const DT_INT32 = 3;
const DT_INT64 = 9;
const DT_BOOL = 10;
const MEND_SHAPE = 'pad to a fixed size, or stay with raw ops until the size is fixed again';

/** The indices of what is true: as many as there are. */
function where(condition: tf.Tensor): tf.Tensor {
  return runKernel('Where', [condition], { T: { type: DT_BOOL } });
}

beforeEach(() => {
  // tfjs-node warns of whole numbers of 64 bits.
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a shape that depends on data', () => {
  const fromKernel = (kernel: string, mark: string) =>
    `${kernel} makes a tensor whose shape depends on data, at @${mark}; ${MEND_SHAPE}`;
  /** Where the raw op is called. */
  const RAW = 'src/ops/kernel.ts:44:24';
  const cases: Refusal[] = [
    [
      'nonMaxSuppression, used',
      ({ boxes, x }) => ({
        y: tf.gather(x, tf.image.nonMaxSuppression(boxes, x as tf.Tensor1D, 2)), // suppressionUsed
      }),
      fromKernel('NonMaxSuppressionV3', 'suppressionUsed'),
    ],
    [
      'nonMaxSuppression, returned',
      ({ boxes, x }) => ({
        y: tf.image.nonMaxSuppression(boxes, x as tf.Tensor1D, 2), // suppressionReturned
      }),
      fromKernel('NonMaxSuppressionV3', 'suppressionReturned'),
    ],
    [
      'nonMaxSuppressionWithScore',
      ({ boxes, x }) => ({
        y: tf.image.nonMaxSuppressionWithScore(boxes, x as tf.Tensor1D, 2).selectedScores, // suppressionScore
      }),
      fromKernel('NonMaxSuppressionV5', 'suppressionScore'),
    ],
    [
      'nonMaxSuppressionPadded that does not pad',
      ({ boxes, x }) => ({
        y: tf.image.nonMaxSuppressionPadded(boxes, x as tf.Tensor1D, 2, 0.5, 0, false).selectedIndices, // unpadded
      }),
      fromKernel('NonMaxSuppressionV4', 'unpadded'),
    ],
    [
      'unique',
      ({ x }) => ({
        y: tf.unique(x).values, // unique
      }),
      fromKernel('Unique', 'unique'),
    ],
    [
      'a raw op and then one of tfjs',
      ({ x }) => {
        const indices = where(x.greater(1));
        return { y: indices.add(1) }; // rawThenAdd
      },
      `tf's Cast sees a shape that depends on data, that of Where at ${RAW}, at @rawThenAdd; ${MEND_SHAPE}`,
    ],
    [
      'a raw op, and its shape',
      ({ x }) => {
        const indices = where(x.greater(1));
        return { y: x.div(indices.shape[0]!) }; // rawShape
      },
      `tensor.shape sees a shape that depends on data, that of Where at ${RAW}, at @rawShape; ${MEND_SHAPE}`,
    ],
    [
      'a raw op, and its size',
      ({ x }) => {
        const indices = where(x.greater(1));
        return { y: x.div(indices.size) }; // rawSize
      },
      `tensor.size sees a shape that depends on data, that of Where at ${RAW}, at @rawSize; ${MEND_SHAPE}`,
    ],
    [
      'a raw op, and a copy of what a raw op made of it',
      ({ x }) => {
        const doubled = runKernel('AddN', [where(x.greater(1)), where(x.greater(1))], {
          T: { type: DT_INT64 },
          N: { int: 2 },
        });
        return { y: doubled.clone().reshape([-1]) }; // rawChain
      },
      `tf's Reshape sees a shape that depends on data, that of Where at ${RAW}, at @rawChain; ${MEND_SHAPE}`,
    ],
    [
      'a raw op that is returned',
      ({ x }) => ({ deep: { y: where(x.greater(1)) } }),
      `the shape of the output deep/y depends on data: Where at ${RAW}`,
    ],
    [
      'a size that is computed',
      ({ x }) => ({
        y: runKernel('Fill', [x.sum().cast('int32').reshape([1]), tf.scalar(2)], {
          T: { type: DT_FLOAT },
          index_type: { type: DT_INT32 },
        }),
      }),
      `the shape of the output y depends on data: Fill at ${RAW}`,
    ],
  ];
  it.each(cases)('%s', async (_, fn, expected) => {
    await expectRefusal(fn, expected);
  });

  it('is allowed between raw ops, with tidy and dispose, until its size is fixed again', async () => {
    const fn = ({ x }: Inputs) =>
      tf.tidy(() => {
        const found = where(x.greater(1));
        const rows = runKernel('Cast', [found], { SrcT: { type: DT_INT64 }, DstT: { type: DT_INT32 } });
        found.clone().dispose();
        const types = { Tindices: { type: DT_INT32 } };
        const chosen = runKernel('GatherNd', [x, rows], { Tparams: { type: DT_FLOAT }, ...types });
        const size = tf.tensor1d([4], 'int32');
        return {
          y: runKernel('ScatterNd', [rows, chosen, size], { T: { type: DT_FLOAT }, ...types }).mul(2),
        };
      });
    const program = await compile(fn, inputs, { state: new Map() });
    expectClose(program.run({ ...inputs, x: tf.tensor1d([3, 4, 5]) }).y, [6, 8, 10, 0]);
    expectClose(program.run({ ...inputs, x: tf.tensor1d([0, 4, 1]) }).y, [0, 8, 0, 0]);
    expectClose(program.run({ ...inputs, x: tf.tensor1d([0, 0, 0]) }).y, [0, 0, 0, 0]);
    program.dispose();
  });

  it('can be seen again after the recording', async () => {
    const kept: tf.Tensor[] = [];
    const fn = ({ x }: Inputs) => {
      kept.push(tf.keep(where(x.greater(1))));
      return {};
    };
    (await compile(fn, inputs, { state: new Map() })).dispose();
    expect(kept.map(({ shape, size }) => [shape, size])).toEqual([[[2, 1], 2]]);
  });

  it('that no rule foresees shows when the program runs', async () => {
    const fn = ({ x }: Inputs) => {
      const sets = [x.expandDims().cast('int32'), tf.tensor2d([[2]], [1, 1], 'int32')];
      const attributes = { T: { type: DT_INT32 }, set_operation: { string: 'a-b' } };
      return { y: runKernelMulti('DenseToDenseSetOperation', sets, attributes, 3)[1]! };
    };
    const program = await compile(fn, inputs, { state: new Map() });
    expectClose(program.run(inputs).y, [1]);
    expect(() => program.run({ ...inputs, x: tf.tensor1d([1, 2, 3]) })).toThrow(
      new RangeError(
        'main: the output y is [2] in this run and was [1] when it was compiled; pad to a fixed size',
      ),
    );
    program.dispose();
  });
});
