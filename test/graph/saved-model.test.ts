import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Attribute, DataType, type Graph } from '../../src/graph/graph.ts';
import { encodeSavedModel, type Signature, writeSavedModel } from '../../src/graph/saved-model.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { constant, graphNode, output, placeholder } from '../support/graph-nodes.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';
import { requireTensorFlowPython } from '../support/tensorflow-python.ts';

const T: Attribute = { type: DataType.FLOAT };
const tempFolder = useTempFolders();

const loaded: Awaited<ReturnType<typeof tf.node.loadSavedModel>>[] = [];
afterEach(() => {
  for (const model of loaded.splice(0)) model.dispose();
});

/** @returns a function that feeds and fetches by name, as plain numbers or strings */
async function load(folder: string, signature: string) {
  const model = await tf.node.loadSavedModel(folder, ['serve'], signature);
  loaded.push(model);
  return (feeds: Record<string, tf.Tensor>): Record<string, unknown[]> => {
    const results = model.predict(feeds) as Record<string, tf.Tensor>;
    return Object.fromEntries(Object.entries(results).map(([name, x]) => [name, [...x.dataSync()]]));
  };
}

async function loadGraph(graph: Graph, signature: Signature) {
  const folder = join(await tempFolder(), 'model');
  await writeSavedModel(folder, graph, { serving_default: signature });
  return load(folder, 'serving_default');
}

/** y = 2·x + v, and v += x. */
const handle = graphNode('v', 'VarHandleOp', [], {
  dtype: T,
  shape: { shape: [3] },
  shared_name: { s: Buffer.from('v') },
});
const STATEFUL: Graph = [
  handle,
  placeholder('x', [3]),
  constant('two', [], [2]),
  graphNode('double', 'Mul', ['x', 'two'], { T }),
  graphNode('read', 'ReadVariableOp', ['v'], { dtype: T }),
  graphNode('y', 'AddV2', ['double', 'read'], { T }),
  placeholder('start', [3]),
  graphNode('assign', 'AssignVariableOp', ['v', 'start'], { dtype: T }),
  graphNode('assigned', 'Identity', ['start', '^assign'], { T }),
  graphNode('add', 'AssignAddVariableOp', ['v', 'x'], { dtype: T }),
  graphNode('sum', 'ReadVariableOp', ['v', '^add'], { dtype: T }),
];
const SIGNATURES: Record<string, Signature> = {
  initialise: { inputs: { start: output('start', [3]) }, outputs: { start: output('assigned', [3]) } },
  grow: { inputs: { x: output('x', [3]) }, outputs: { sum: output('sum', [3]) } },
  serving_default: { inputs: { x: output('x', [3]) }, outputs: { y: output('y', [3]) } },
};

describe('writeSavedModel', () => {
  it('writes what TensorFlow runs; the signatures share their variables', async () => {
    const folder = join(await tempFolder(), 'model');
    await writeSavedModel(folder, STATEFUL, SIGNATURES);
    const initialise = await load(folder, 'initialise');
    const grow = await load(folder, 'grow');
    const serve = await load(folder, 'serving_default');
    expect(initialise({ start: tf.tensor([10, 20, 30]) })).toEqual({ start: [10, 20, 30] });
    expect(grow({ x: tf.tensor([1, 2, 3]) })).toEqual({ sum: [11, 22, 33] });
    expect(serve({ x: tf.tensor([1, 2, 3]) })).toEqual({ y: [13, 26, 39] });
  });

  it('writes one file, and replaces that of an earlier model', async () => {
    const folder = join(await tempFolder(), 'not/yet/there');
    await writeSavedModel(folder, STATEFUL, SIGNATURES);
    await writeSavedModel(folder, STATEFUL.slice(0, 1), {});
    expect(await filesIn(folder)).toEqual(['saved_model.pb']);
    expect(await readFile(join(folder, 'saved_model.pb'))).toEqual(
      Buffer.from(encodeSavedModel(STATEFUL.slice(0, 1), {})),
    );
  });

  it('leaves nothing behind when it fails, and what was there as it was', async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, 'saved_model.pb'));
    await writeFile(join(folder, 'saved_model.pb/mine'), 'as it was');
    await expect(writeSavedModel(folder, STATEFUL, SIGNATURES)).rejects.toThrow(/EISDIR|ENOTEMPTY/);
    expect(await filesIn(folder)).toEqual(['saved_model.pb/mine']);
  });

  it('is read by Python', { timeout: 120_000 }, async (context) => {
    const python = requireTensorFlowPython(context);
    const folder = join(await tempFolder(), 'model');
    await writeSavedModel(folder, STATEFUL, SIGNATURES);
    const script = `
import json, sys, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
x = tf.constant([1., 2., 3.])
model.signatures['initialise'](start=tf.constant([10., 20., 30.]))
model.signatures['grow'](x=x)
with tf.GradientTape() as tape:
    tape.watch(x)
    y = model.signatures['serving_default'](x=x)['y']
print(json.dumps([y.numpy().tolist(), tape.gradient(y, x).numpy().tolist(), model.tensorflow_version]))`;
    const said = execFileSync(python, ['-c', script, folder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(JSON.parse(said)).toEqual([[13, 26, 39], [2, 2, 2], '2.21.0']);
  });
});

describe('encodeSavedModel', () => {
  it('gives the same bytes whatever the order of the keys', () => {
    const graph = (attributes: Record<string, Attribute>): Graph => [graphNode('a', 'A', [], attributes)];
    const signature = (...names: string[]): Signature => ({
      inputs: Object.fromEntries(names.map((name) => [name, output(name, [])])),
      outputs: Object.fromEntries(names.map((name) => [`out_${name}`, output(name, [])])),
    });
    const one = encodeSavedModel(graph({ b: { i: 1 }, a: { f: 2 } }), {
      s: signature('x', 'y'),
      t: signature('z'),
    });
    const same = encodeSavedModel(graph({ a: { f: 2 }, b: { i: 1 } }), {
      t: signature('z'),
      s: signature('y', 'x'),
    });
    const other = encodeSavedModel(graph({ a: { f: 2 }, b: { i: 2 } }), {
      s: signature('x', 'y'),
      t: signature('z'),
    });
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('says the format’s version first, and what a signature is for', () => {
    const encode = (methodName?: string) =>
      Buffer.from(
        encodeSavedModel([], {
          s: { inputs: {}, outputs: {}, ...(methodName !== undefined && { methodName }) },
        }),
      );
    expect(encode().subarray(0, 2)).toEqual(Buffer.of(0x08, 1));
    expect(encode().includes('tensorflow/serving/predict')).toBe(true);
    expect(encode('mine').includes('tensorflow/serving/predict')).toBe(false);
    expect(encode('mine').includes('mine')).toBe(true);
  });

  it.each<[number | bigint, number[]]>([
    [0, [0]],
    [300, [0xac, 0x02]],
    [-1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    [-1n, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    [2 ** 53 - 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    [2n ** 53n + 1n, [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
    [2n ** 63n - 1n, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    [-(2n ** 63n), [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ])('keeps every digit of %s, alone and in a list', (value, varint) => {
    // Map entry: key (field 1) "k", value (field 2) an AttrValue whose field 3 is the number.
    const attribute = [0x0a, 1, 0x6b, 0x12, varint.length + 1, 0x18, ...varint];
    expect(hexOf({ k: { i: value } })).toContain(Buffer.from(attribute).toString('hex'));
    // A ListValue (field 1) whose field 3 is the packed numbers.
    const list = [0x0a, 2 + 2 * varint.length, 0x1a, 2 * varint.length, ...varint, ...varint];
    expect(hexOf({ k: { list: { i: [value, value] } } })).toContain(Buffer.from(list).toString('hex'));
  });

  it('keeps shapes in a list', () => {
    // A ListValue whose field 7 is each shape: its field 2 a dimension, of which field 1 is the size.
    const list = [0x0a, 14, 0x3a, 4, 0x12, 2, 0x08, 5, 0x3a, 6, 0x12, 2, 0x08, 6, 0x12, 0];
    const hex = hexOf({ k: { list: { shape: [[5], [6, 0]] } } });
    expect(hex).toContain(Buffer.from(list).toString('hex'));
  });

  it('keeps attributes of every other kind, also empty ones', async () => {
    const strings = ['', 'roof ⌂'].map((text) => Buffer.from(text));
    const text = { dtype: DataType.STRING, shape: [2], bytes: new Uint8Array(), strings };
    const axis = { dtype: DataType.INT32, shape: [1], bytes: Uint8Array.of(1, 0, 0, 0) };
    const run = await loadGraph(
      [
        placeholder('x', [1, 2, 2, 1]),
        graphNode('leaky', 'LeakyRelu', ['x'], { T, alpha: { f: 0.25 } }),
        graphNode('pool', 'MaxPool', ['leaky'], {
          T,
          ksize: { list: { i: [1, 2, 2, 1] } },
          strides: { list: { i: [1n, 2n, 2n, 1n] } },
          padding: { s: Buffer.from('VALID') },
        }),
        graphNode('text', 'Const', [], { dtype: { type: DataType.STRING }, value: { tensor: text } }),
        graphNode('pair', 'IdentityN', ['pool', 'text'], {
          T: { list: { type: [DataType.FLOAT, DataType.STRING] } },
        }),
        graphNode('axis', 'Const', [], { dtype: { type: DataType.INT32 }, value: { tensor: axis } }),
        graphNode('kept', 'Sum', ['x', 'axis'], {
          T,
          Tidx: { type: DataType.INT32 },
          keep_dims: { b: true },
        }),
        graphNode('shape', 'Shape', ['kept'], { T, out_type: { type: DataType.INT32 } }),
        graphNode('squeezed', 'Squeeze', ['kept'], { T, squeeze_dims: { list: {} } }),
      ],
      {
        inputs: { x: output('x', [1, 2, 2, 1]) },
        outputs: {
          pooled: output('pair', [1, 1, 1, 1]),
          text: { name: 'pair:1', dtype: DataType.STRING, shape: [2] },
          shape: output('shape', [4], DataType.INT32),
          squeezed: output('squeezed', [2]),
        },
      },
    );
    expect(run({ x: tf.tensor4d([-4, -8, -12, -16], [1, 2, 2, 1]) })).toEqual({
      pooled: [-1],
      text: ['', 'roof ⌂'],
      shape: [1, 1, 2, 1],
      squeezed: [-16, -24],
    });
  });

  it('takes unknown sizes in shapes', async () => {
    const run = await loadGraph([placeholder('x', [-1, 2]), graphNode('y', 'Neg', ['x'], { T })], {
      inputs: { x: output('x', [-1, 2]) },
      outputs: { y: output('y', [-1, 2]) },
    });
    expect(run({ x: tf.tensor2d([[1, 2]]) })).toEqual({ y: [-1, -2] });
    expect(
      run({
        x: tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
      }),
    ).toEqual({ y: [-1, -2, -3, -4] });
  });

  it.each<[string, Attribute, string]>([
    ['a fraction', { i: 1.5 }, 'got 1.5'],
    ['a number that has lost its last digit', { i: 2 ** 53 }, 'larger ones as bigint), got 9007199254740992'],
    ['what needs 65 bits', { list: { i: [2n ** 63n] } }, 'an integer of 64 bits, got 9223372036854775808n'],
  ])('refuses %s as an integer, naming the attribute', (_, attribute, words) => {
    const graph = [graphNode('seeded', 'RandomUniform', [], { seed: attribute })];
    const encode = () => encodeSavedModel(graph, {});
    expect(encode).toThrow(RangeError);
    expect(encode).toThrow('attribute seed of RandomUniform "seeded": expected an integer');
    expect(encode).toThrow(words);
  });

  it('refuses constants that are too large for one file, before it copies them', () => {
    const bytes = new Uint8Array(2 ** 30);
    const value: Attribute = { tensor: { dtype: DataType.UINT8, shape: [bytes.length], bytes } };
    const graph = ['a', 'b'].map((name) => graphNode(name, 'Const', [], { value }));
    expect(() => encodeSavedModel(graph, {})).toThrow(
      "the graph's constants take 2147483648 bytes, a SavedModel holds 2080374784; make variables of the large ones",
    );
  });
});

function hexOf(attributes: Record<string, Attribute>): string {
  return Buffer.from(encodeSavedModel([graphNode('n', 'N', [], attributes)], {})).toString('hex');
}
