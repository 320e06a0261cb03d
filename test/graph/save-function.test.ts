import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type SaveOptions, saveFunction } from '../../src/graph/save-function.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';
import { expectClose, uniformTensor } from '../support/tensors.ts';

const tempFolder = useTempFolders();

const loaded: Awaited<ReturnType<typeof tf.node.loadSavedModel>>[] = [];
afterEach(() => {
  for (const model of loaded.splice(0)) model.dispose();
});

async function load(folder: string, signature = 'serving_default') {
  const model = await tf.node.loadSavedModel(folder, ['serve'], signature);
  loaded.push(model);
  return (feeds: Record<string, tf.Tensor>) => model.predict(feeds) as Record<string, tf.Tensor>;
}

const weight = tf.variable(tf.tensor1d([10, 100]));
const scale = (inputs: { x: tf.Tensor }) => ({ y: tf.tidy(() => inputs.x.mul(weight)) });
const example = { x: tf.zeros([3, 2]) };
const constants = [weight];

const bytesOf = (folder: string) => readFile(join(folder, 'saved_model.pb'));
async function bytesFor(options: SaveOptions) {
  const folder = await tempFolder();
  await saveFunction(folder, scale, example, { constants, ...options });
  return bytesOf(folder);
}

describe('saveFunction', () => {
  it('writes what tfjs runs; the weights in it keep the values that they had', async () => {
    const folder = join(await tempFolder(), 'model');
    const shapes = await saveFunction(folder, scale, example, { constants });
    expect(shapes).toEqual({ inputs: { x: [3, 2] }, outputs: { y: [3, 2] } });
    expect(await filesIn(folder)).toEqual(['saved_model.pb']);
    weight.assign(tf.tensor1d([7, 7]));
    const run = await load(folder);
    weight.assign(tf.tensor1d([10, 100]));
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    expect([...run({ x }).y!.dataSync()]).toEqual([10, 200, 30, 400, 50, 600]);
  });

  it('leaves the variables and the number of tensors as they were', async () => {
    const folder = await tempFolder();
    const before = tf.memory().numTensors;
    await saveFunction(folder, scale, example, { constants });
    expect(tf.memory().numTensors, 'tensors').toBe(before);
    expect([...weight.dataSync()]).toEqual([10, 100]);
  });

  it.each(['float32', 'int32'] as const)('takes bytes where the function takes %s', async (dtype) => {
    const folder = await tempFolder();
    const double = ({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => ({ z: tf.tidy(() => x.add(y.cast(dtype))) });
    const inputs = { x: tf.zeros([2], dtype), y: tf.zeros([2]) };
    await saveFunction(folder, double, inputs, { inputTypes: { x: 'uint8' } });
    const run = await load(folder);
    const x = tf.tensor1d([0, 255], 'int32');
    const { z } = run({ x, y: tf.tensor1d([1, 2]) });
    expect([z!.dtype, ...z!.dataSync()]).toEqual([dtype, 1, 257]);
    const text = (await bytesOf(folder)).toString('latin1');
    expect(text).toContain('inputs/x/uint8:0');
    expect(text).not.toContain('inputs/y/uint8');
  });

  it('joins the names of nested records by _', async () => {
    const folder = await tempFolder();
    const swap = ({ batch }: { batch: { a: tf.Tensor; b: tf.Tensor } }) => ({
      out: { a: batch.b.clone(), b: { c: batch.a.clone() } },
    });
    const batch = { a: tf.scalar(0), b: tf.scalar(0, 'int32') };
    expect(await saveFunction(folder, swap, { batch }, {})).toEqual({
      inputs: { batch_a: [], batch_b: [] },
      outputs: { out_a: [], out_b_c: [] },
    });
    const run = await load(folder);
    const { out_a, out_b_c } = run({ batch_a: tf.scalar(1.5), batch_b: tf.scalar(2, 'int32') });
    expect([out_a!.dataSync()[0], out_b_c!.dataSync()[0]]).toEqual([2, 1.5]);
  });

  it('gives equal bytes for equal functions, and others for other options', async () => {
    const bytes = await bytesFor({});
    expect(await bytesFor({})).toEqual(bytes);
    expect(await bytesFor({ inputTypes: { x: 'uint8' } })).not.toEqual(bytes);
    expect(await bytesFor({ signature: 'other' })).not.toEqual(bytes);
    weight.assign(tf.tensor1d([10, 101]));
    expect(await bytesFor({})).not.toEqual(bytes);
    weight.assign(tf.tensor1d([10, 100]));
  });

  it('names the signature as wanted', async () => {
    const folder = await tempFolder();
    await saveFunction(folder, scale, example, { constants, signature: 'scale' });
    const run = await load(folder, 'scale');
    expect(run({ x: tf.ones([3, 2]) }).y!.dataSync()[1]).toBe(100);
  });

  it.each([
    ['bfloat16', 2 ** -7],
    ['float16', 2 ** -10],
  ] as const)('runs matrix products in %s, with float32 outside', async (precision, relative) => {
    const folder = await tempFolder();
    const kernel = uniformTensor<tf.Rank.R2>([64, 16], 2);
    const product = ({ x }: { x: tf.Tensor }) => ({ y: tf.matMul(x as tf.Tensor2D, kernel) });
    const x = uniformTensor<tf.Rank.R2>([4, 64], 1);
    await saveFunction(folder, product, { x }, { constants: [kernel], precision });
    const { y } = (await load(folder))({ x });
    const exact = tf.matMul(x, kernel).dataSync();
    expect(y!.dtype).toBe('float32');
    expectClose(y!, exact, { absolute: 8 * relative, relative });
    expect(y!.dataSync()).not.toEqual(exact);
  });

  it('refuses a tensor from outside that is not declared, and leaves the model that was there', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'saved_model.pb'), 'an earlier one');
    const saving = saveFunction(folder, scale, example, {});
    await expect(saving).rejects.toThrow(
      /^Cannot compile: .*uses a tensor from outside.*save-function\.test\.ts:/,
    );
    expect(await filesIn(folder)).toEqual(['saved_model.pb']);
    expect(await readFile(join(folder, 'saved_model.pb'), 'utf8')).toBe('an earlier one');
  });

  it('refuses a function that changes what is written as a constant', async () => {
    const counter = tf.variable(tf.scalar(1), false, 'counter');
    const count = ({ x }: { x: tf.Tensor }) => {
      counter.assign(counter.add(1));
      return { y: x.add(counter) };
    };
    const saving = saveFunction(await tempFolder(), count, { x: tf.scalar(0) }, { constants: [counter] });
    await expect(saving).rejects.toThrow(
      /^Cannot compile: assign changes the variable counter, at .*save-function\.test\.ts:/,
    );
  });

  it('refuses names that coincide, and types for inputs that are none', async () => {
    const folder = await tempFolder();
    const both = { a: { b: tf.scalar(0) }, a_b: tf.scalar(0) };
    const sum = ({ a, a_b }: typeof both) => ({ y: a.b.add(a_b) });
    await expect(saveFunction(folder, sum, both)).rejects.toThrow('Two tensors would be called a_b');
    const options = { constants, inputTypes: { image: 'uint8' } } as const;
    await expect(saveFunction(folder, scale, example, options)).rejects.toThrow(
      'inputTypes names image, which is no input; expected one of x',
    );
    const flag = { x: tf.scalar(true, 'bool') as tf.Tensor };
    const not = ({ x }: typeof flag) => ({ y: x.logicalNot() });
    await expect(saveFunction(folder, not, flag, { inputTypes: { x: 'uint8' } })).rejects.toThrow(
      'The input x cannot be given as uint8',
    );
    expect(await filesIn(folder)).toEqual([]);
  });
});
