import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/system/errors.ts';
import { isOutOfMemory, outOfMemoryLine } from '../../src/system/out-of-memory.ts';

const TENSOR =
  'OOM when allocating tensor with shape[60000,60000] and type float on /job:localhost/replica:0/task:0/device:CPU:0 by allocator mklcpu';
const PRIMITIVE =
  'Operation received an exception:Status: 1, message: could not create a primitive, in file tensorflow/core/kernels/mkl/mkl_conv_ops.cc:1112';

/** As they were seen on a CPU under `ulimit -v`, with TensorFlow 2.21 and Node 24. */
const SEEN = {
  'an op alone': new Error(`Invalid TF_Status: 8\nMessage: ${TENSOR}`),
  'a session': new Error(
    `Session fail to run with error: ${TENSOR}\n\t [[{{node main/Tile_2}}]]\nHint: If you`,
  ),
  'a convolution': new Error(
    `Session fail to run with error: ${PRIMITIVE}\n\t [[{{node train/BiasAdd_217}}]]`,
  ),
  'a typed array': new RangeError('Array buffer allocation failed'),
};

/** As the libraries' sources have them. */
const DOCUMENTED = {
  'a GPU': new Error('Session fail to run with error: RESOURCE_EXHAUSTED: failed to allocate memory'),
  CUDA: new Error('failed to alloc 2147483648 bytes: CUDA_ERROR_OUT_OF_MEMORY: out of memory'),
  cuDNN: new Error('CUDNN_STATUS_ALLOC_FAILED in cudnn'),
  'a copy to a GPU': new Error('Session fail to run with error: Dst tensor is not initialized.'),
  'C++': new Error('std::bad_alloc'),
  'a buffer': Object.assign(new Error('Failed'), { code: 'ERR_MEMORY_ALLOCATION_FAILED' }),
  'a worker': Object.assign(new Error('Worker terminated'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }),
  'the kernel': Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' }),
};

describe('isOutOfMemory', () => {
  it.each(Object.entries({ ...SEEN, ...DOCUMENTED }))('knows what %s says', (_, error) => {
    expect(isOutOfMemory(error)).toBe(true);
  });

  it('finds it in a cause', () => {
    const cause = new UserError('Cannot load image a.png', { cause: SEEN['a typed array'] });
    expect(isOutOfMemory(new Error('outer', { cause }))).toBe(true);
  });

  it('takes nothing else for it', () => {
    const loop = new Error('a circle');
    loop.cause = loop;
    const others = [
      new Error('Invalid TF_Status: 3\nMessage: Incompatible shapes'),
      new Error('Invalid TF_Status: 80'),
      new Error('Operation received an exception:Status: 2, message: could not create a primitive'),
      new RangeError('Invalid typed array length: -1'),
      Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }),
      new Error('the BOOM when allocating'),
    ];
    for (const other of [...others, loop, 'out of memory', null, undefined, { message: TENSOR }]) {
      expect(isOutOfMemory(other), String(other)).toBe(false);
    }
  });
});

describe('outOfMemoryLine', () => {
  it('is one line, without what the user cannot use', () => {
    expect(outOfMemoryLine(SEEN['an op alone'])).toBe(TENSOR);
    expect(outOfMemoryLine(SEEN['a session'])).toBe(TENSOR);
    expect(outOfMemoryLine(SEEN['a convolution'])).toBe(PRIMITIVE);
    expect(outOfMemoryLine(new Error('outer', { cause: SEEN['a typed array'] }))).toBe(
      'Array buffer allocation failed',
    );
    expect(outOfMemoryLine('text\nmore')).toBe('text');
  });
});

describe('a process that runs out of memory', () => {
  it('says it in ways that are known, op by op, compiled and in JavaScript', async () => {
    // 64 GB of addresses, of which a tensor of 640 GB is to be had.
    const program = fileURLToPath(new URL('./fixture-out-of-memory.ts', import.meta.url));
    const env = { CUDA_VISIBLE_DEVICES: '-1' };
    const { stdout } = await execa(
      'sh',
      ['-c', 'ulimit -v 64000000; exec "$@"', 'sh', process.execPath, program],
      {
        env,
      },
    );
    expect(stdout.split('\n').map((line) => JSON.parse(line))).toEqual([
      {
        what: 'op',
        known: true,
        line: expect.stringContaining('OOM when allocating tensor with shape[400000,400000]'),
      },
      {
        what: 'session',
        known: true,
        line: expect.stringContaining('OOM when allocating tensor with shape[400000,400000]'),
      },
      { what: 'array', known: true, line: 'Array buffer allocation failed' },
      { what: 'shared', known: true, line: 'Array buffer allocation failed' },
    ]);
  });
});
