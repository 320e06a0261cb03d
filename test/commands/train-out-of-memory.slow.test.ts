import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { train } from '../../scripts/endurance/training.ts';
import { makePlace, makeWorkplace } from '../../scripts/endurance/workplace.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

/** Too little for batches of 32, and enough for some that are smaller. */
const LIMIT_MB = 96;
const BATCHES_OF_32 = [
  ...['data.image_size=128', 'data.synthetic.train=64', 'train.epochs=1'],
  ...['train.batch_size=32', 'train.accumulation_steps=1', 'train.memory.plan=warn'],
];

// TensorFlow's own allocator with a limit says that memory has run out, as that of a GPU does; oneDNN has another.
beforeEach(() => {
  vi.stubEnv('TF_CPU_ALLOCATOR_USE_BFC', '1');
  vi.stubEnv('TF_CPU_BFC_MEM_LIMIT_IN_MB', `${LIMIT_MB}`);
  vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', '0');
});
afterEach(() => vi.unstubAllEnvs());

async function trainWith(...changes: string[]) {
  const workplace = await makeWorkplace(await tempFolder(), [...BATCHES_OF_32, ...changes]);
  return train(await makePlace(workplace, 'place'));
}

it('halves the batch until its steps have room, where it may', async () => {
  const { exitCode, summary, lines } = await trainWith('train.memory.when_out=halve');
  const said = lines.filter((line) => line.startsWith('Out of memory'));
  expect(said[0]).toBe(
    'Out of memory: going on from step 0 with batches of 16, 2 of them in an update, which stays as large as it was',
  );
  expect({ exitCode, summary }).toMatchObject({ exitCode: 0, summary: { finished: true, steps: 2 } });
});

it('else ends with advice in one line', async () => {
  const { exitCode, lines } = await trainWith('train.memory.when_out=stop');
  expect(exitCode).toBe(1);
  expect(lines.filter((line) => line.startsWith('error:'))).toEqual([
    expect.stringMatching(
      /^error: Out of memory in training with train.batch_size 32 \(.*OOM when allocating.*\); train.memory.when_out=halve goes on from the last checkpoint with half the batch; train.batch_size=16 with train.accumulation_steps=2 makes/,
    ),
  ]);
});
