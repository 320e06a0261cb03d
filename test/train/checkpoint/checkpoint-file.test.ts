import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  type HostTensor,
  openSafetensors,
  readSafetensors,
  writeSafetensors,
} from '../../../src/model/safetensors.ts';
import { UserError } from '../../../src/system/errors.ts';
import {
  readCheckpoint,
  readCheckpointNote,
  writeCheckpoint,
} from '../../../src/train/checkpoint/checkpoint-file.ts';
import { initialState } from '../../../src/train/checkpoint/run-state.ts';
import { filesIn, useTempFolders } from '../../support/temp-folder.ts';

const makeFolder = useTempFolders();
const fingerprint = { params: { 'train.epochs': 3 }, data: 'data', code: 'code' };
const state = {
  ...initialState({ phase: 'train', pretrained: null, batchSize: 4, trackingId: 'id' }),
  steps: 7,
  seconds: 1.5,
};
const tensor = (...values: number[]): HostTensor => ({
  shape: [values.length],
  values: Float32Array.from(values),
});
const tensors = new Map([
  ['a.kernel', tensor(1, 2, 3)],
  ['a.kernel/momentum', tensor(0.1, 0.2, 0.3)],
]);

async function written(): Promise<string> {
  const path = join(await makeFolder(), 'step-00000007.safetensors');
  await writeCheckpoint({ path, state, fingerprint, tensors });
  return path;
}

it('gives back what was written', async () => {
  const path = await written();
  const checkpoint = await readCheckpoint(path);
  expect(checkpoint).toMatchObject({ path, state, fingerprint });
  expect(checkpoint.tensors).toEqual(tensors);
  expect(await readCheckpointNote(path)).toEqual({
    ...{ path, state, fingerprint, tensorsSha256: checkpoint.tensorsSha256 },
  });
  expect(await filesIn(join(path, '..'))).toEqual(['step-00000007.safetensors']);
});

it('names the tensors by a hash that follows from names, shapes and numbers alone', async () => {
  const folder = await makeFolder();
  const hashOf = async (name: string, content: ReadonlyMap<string, HostTensor>, steps = 1) => {
    const path = join(folder, name);
    await writeCheckpoint({ path, state: { ...state, steps }, fingerprint, tensors: content });
    return (await readCheckpoint(path)).tensorsSha256;
  };
  const hash = await hashOf('1', tensors);
  expect(await hashOf('2', new Map([...tensors].toReversed()), 9)).toBe(hash);
  const [first, second] = [...tensors];
  const others = [
    new Map([first!, [second![0], tensor(0.1, 0.2, 0.31)]]),
    new Map([first!, ['a.kernel/variance', second![1]]]),
    new Map([first!, [second![0], { ...second![1], shape: [1, 3] }]]),
    new Map([first!]),
  ];
  const hashes = await Promise.all(others.map((other, i) => hashOf(`other-${i}`, other)));
  expect(new Set([hash, ...hashes]).size).toBe(5);
});

it('leaves out what is empty between two updates', async () => {
  const path = join(await makeFolder(), 'x');
  const passing = ['a.kernel/gradient', 'accumulation/batches', 'accumulation/loss'].map(
    (name) => [name, tensor(5)] as const,
  );
  await writeCheckpoint({ path, state, fingerprint, tensors: new Map([...tensors, ...passing]) });
  expect((await readCheckpoint(path)).tensors).toEqual(tensors);
});

it('is refused wherever one of its bytes was changed', async () => {
  const path = await written();
  const whole = await readFile(path);
  for (let place = 0; place < whole.length; place++) {
    const changed = Buffer.from(whole);
    changed[place]! ^= 1;
    await writeFile(path, changed);
    await expect(readCheckpoint(path), `byte ${place}`).rejects.toBeInstanceOf(UserError);
  }
  await writeFile(path, whole);
  await readCheckpoint(path);
});

it('is refused wherever it was cut off', async () => {
  const path = await written();
  const { length } = await readFile(path);
  for (let size = length - 1; size >= 0; size--) {
    await truncate(path, size);
    await expect(readCheckpoint(path)).rejects.toBeInstanceOf(UserError);
    await expect(readCheckpointNote(path)).rejects.toBeInstanceOf(UserError);
  }
});

it('is told from other files, and from those of another version', async () => {
  const path = join(await makeFolder(), 'x');
  await writeSafetensors(path, { tensors, metadata: { format: 'pt' } });
  await expect(readCheckpoint(path)).rejects.toThrow(`${path} is not a checkpoint of aerial`);
  await writeFile(path, 'hello, this is no checkpoint');
  await expect(readCheckpoint(path)).rejects.toThrow(/not a usable safetensors file/);
  await expect(readCheckpoint(`${path}-nowhere`)).rejects.toThrow(/Cannot read .*-nowhere/);
  const { metadata } = await openSafetensors(await written());
  const later = { ...metadata, format: 'aerial checkpoint 99' };
  await writeSafetensors(path, { tensors, metadata: later });
  await expect(readCheckpoint(path)).rejects.toThrow(/another version of aerial \("aerial checkpoint 99"/);
});

it('is refused where its tensors are another’s, though both files are whole', async () => {
  const path = await written();
  const { metadata } = await readSafetensors(path);
  await writeSafetensors(path, { tensors: new Map([['a.kernel', tensor(1, 2, 4)]]), metadata });
  await expect(readCheckpoint(path)).rejects.toThrow(/sha256 differs/);
});
