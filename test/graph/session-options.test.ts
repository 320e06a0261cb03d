import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { afterEach, describe, expect, it } from 'vitest';
import { type Attribute, DataType, type Graph, type Node } from '../../src/graph/graph.ts';
import { writeSavedModel } from '../../src/graph/saved-model.ts';
import {
  encodeSessionOptions,
  type SessionOptions,
  withSessionOptions,
} from '../../src/graph/session-options.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { constant, graphNode, output, placeholder } from '../support/graph-nodes.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const T: Attribute = { type: DataType.FLOAT };
const backend = tf.backend() as NodeJSKernelBackend;
const { binding } = backend;
const { setSessionOptions } = binding as unknown as {
  setSessionOptions: (...parameters: unknown[]) => void;
};
const tempFolder = useTempFolders();

const sessions: number[] = [];
afterEach(() => {
  setSessionOptions(new Uint8Array(0), '');
  for (const session of sessions.splice(0)) backend.deleteSavedModel(session);
});

/** @returns a function that runs the graph from `x` [2] to `y` in a session made with these options */
async function open(graph: Graph, options?: SessionOptions) {
  const folder = await tempFolder();
  await writeSavedModel(folder, graph, { serving_default: { inputs: { x: output('x', [2]) }, outputs: {} } });
  const load = () => backend.loadSavedModelMetaGraph(folder, 'serve');
  const session = options ? withSessionOptions(binding, options, load) : load();
  sessions.push(session);
  return (...x: number[]) => {
    const info = { name: 'x:0', dtype: 'float32', tfDtype: 'DT_FLOAT' } as const;
    const [y] = backend.runSavedModel(session, [tf.tensor1d(x)], [info], ['y:0']);
    return [...y!.dataSync()];
  };
}

/** y = 2·x, on a device. */
function doubled(device: string): Graph {
  const product: Node = { ...graphNode('y', 'Mul', ['x', 'two'], { T }), device };
  return [placeholder('x', [2]), constant('two', [], [2]), product];
}

/** y = x, unless it holds what is not finite, which is an error; large enough for Grappler to look at. */
const CHECKED: Graph = [
  placeholder('x', [2]),
  graphNode('check', 'CheckNumerics', ['x'], { T, message: { s: Buffer.from('not finite') } }),
  ...['a', 'b', 'c', 'd'].map((name, i, all) => graphNode(name, 'Identity', [all[i - 1] ?? 'check'], { T })),
  graphNode('y', 'Identity', ['d'], { T }),
];

const MISSING_DEVICE = '{{node y}} was explicitly assigned to /device:CPU:1 but available devices are [';

function threadNames(): string[] {
  return readdirSync('/proc/self/task').map((id) =>
    readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim(),
  );
}

describe('withSessionOptions', () => {
  it('gives the session as many CPU devices as are asked for', async () => {
    const run = await open(doubled('/device:CPU:1'), { deviceCount: { CPU: 2 } });
    expect(run(1, 2)).toEqual([2, 4]);
  });

  it('loads no graph with a node on a device that is missing, unless it may run elsewhere', async () => {
    const strict = open(doubled('/device:CPU:1'), { allowSoftPlacement: false });
    await expect(strict).rejects.toThrow(MISSING_DEVICE);
    const soft = await open(doubled('/device:CPU:1'), { allowSoftPlacement: true });
    expect(soft(1, 2)).toEqual([2, 4]);
  });

  it('holds for its own sessions only, also when loading fails', async () => {
    const twoDevices = { deviceCount: { CPU: 2 } };
    await open(doubled(''), twoDevices);
    await expect(open(doubled('/device:CPU:1'))).rejects.toThrow(MISSING_DEVICE);
    await expect(open(doubled('/device:CPU:2'), twoDevices)).rejects.toThrow('/device:CPU:2 but available');
    await expect(open(doubled('/device:CPU:1'))).rejects.toThrow(MISSING_DEVICE);
  });

  it('gives the session threads of its own', async () => {
    const own = () => threadNames().filter((name) => name === 'tf_Compute0').length;
    await open(doubled(''));
    expect(own()).toBe(0);
    const run = await open(doubled(''), { interOpThreads: 3 });
    expect(own()).toBe(3);
    expect(run(1, 2)).toEqual([2, 4]);
  });

  it('turns one of Grappler’s optimizers on, and all of them off', async () => {
    const strip = { optimizers: { debugStripper: 'on' } } as const;
    const checked = await open(CHECKED);
    expect(() => checked(1, Number.NaN)).toThrow('not finite');
    const stripped = await open(CHECKED, { grappler: strip });
    expect(stripped(1, Number.NaN)).toEqual([1, Number.NaN]);
    const disabled = await open(CHECKED, { grappler: { ...strip, disable: true } });
    expect(() => disabled(1, Number.NaN)).toThrow('not finite');
  });

  it('sends the session to its target', async () => {
    await expect(open(doubled(''), { target: 'nowhere' })).rejects.toThrow(/No session factory.*nowhere/);
  });

  it('compiles for the CPU by XLA where asked', async () => {
    const cpu = { deviceCount: { GPU: 0 } };
    const compiled = () => threadNames().includes('tf_XLAEigen');
    // Two kinds of ops: Grappler makes a chain of one kind to a single node, which is too little for XLA.
    const graph = [
      placeholder('x', [2]),
      graphNode('a', 'Tanh', ['x'], { T }),
      graphNode('b', 'AddV2', ['a', 'x'], { T }),
      graphNode('c', 'Tanh', ['b'], { T }),
      graphNode('y', 'AddV2', ['c', 'x'], { T }),
    ];
    const plain = await open(graph, { ...cpu, xla: 'off' });
    const expected = plain(0.5, -1);
    expect(compiled()).toBe(false);
    const run = await open(graph, { ...cpu, xla: 'on' });
    const result = run(0.5, -1);
    expect(compiled()).toBe(true);
    for (const [i, y] of result.entries()) expect(y).toBeCloseTo(expected[i]!, 6);
  });

  it('has TensorFlow say where each node runs', async () => {
    const folder = await tempFolder();
    await writeSavedModel(folder, doubled('/device:CPU:0'), {});
    const said = spawnSync(
      process.execPath,
      ['--input-type=module-typescript', '-e', SAY_PLACEMENT, folder, join(import.meta.dirname, '../../src')],
      { encoding: 'utf8', env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0' } },
    ).stderr;
    expect(said).toMatch(/^.*y: \(Mul\): \/job:localhost\/replica:0\/task:0\/device:CPU:0$/m);
  });

  it('says what to do where the addon is an old one', () => {
    expect(() => withSessionOptions({}, {}, () => 1)).toThrow(
      'The TensorFlow addon cannot set session options: it is an old build; run: make setup',
    );
  });

  it('refuses to be left before the session is made', () => {
    expect(() => withSessionOptions(binding, {}, async () => 1)).toThrow(
      'withSessionOptions: load must not be asynchronous',
    );
  });
});

const SAY_PLACEMENT = `
const [folder, src] = process.argv.slice(1);
const { tf } = await import(src + '/system/tensorflow.ts');
const { withSessionOptions } = await import(src + '/graph/session-options.ts');
const backend = tf.backend();
const load = () => backend.loadSavedModelMetaGraph(folder, 'serve');
const session = withSessionOptions(backend.binding, { logDevicePlacement: true }, load);
const info = { name: 'x:0', dtype: 'float32', tfDtype: 'DT_FLOAT', shape: [2] };
backend.runSavedModel(session, [tf.tensor1d([1, 2])], [info], ['y:0']);
`;

describe('encodeSessionOptions', () => {
  it('is empty where nothing is asked for', () => {
    expect(encodeSessionOptions({})).toHaveLength(0);
    expect(encodeSessionOptions({ deviceCount: {}, target: 'grpc://host:1' })).toHaveLength(0);
  });

  it('writes TensorFlow’s field numbers', () => {
    const hex = (options: SessionOptions) => Buffer.from(encodeSessionOptions(options)).toString('hex');
    // device_count (1) { key "CPU", value 2 }
    expect(hex({ deviceCount: { CPU: 2 } })).toBe('0a070a034350551002');
    // allow_soft_placement (7), log_device_placement (8)
    expect(hex({ allowSoftPlacement: true, logDevicePlacement: true })).toBe('38014001');
    // graph_options (10) { optimizer_options (3) { global_jit_level (5) ON_2 or OFF = -1, cpu_global_jit (7) } }
    expect(hex({ xla: 'on' })).toBe('52061a0428023801');
    expect(hex({ xla: 'off' })).toBe('520d1a0b28ffffffffffffffffff01');
    // session_inter_op_thread_pool (12) { num_threads (1) }
    expect(hex({ interOpThreads: 4 })).toBe('62020804');
  });

  it('writes TensorFlow’s numbers of Grappler’s switches', () => {
    const hex = (grappler: NonNullable<SessionOptions['grappler']>) =>
      Buffer.from(encodeSessionOptions({ grappler })).toString('hex');
    // graph_options (10) { rewrite_options (10) { … } }
    expect(hex({ disable: true })).toBe('5205' + '5203' + '980101');
    expect(hex({ failOnErrors: true })).toBe('5205' + '5203' + 'a80101');
    expect(hex({ optimizers: { layout: 'on', constantFolding: 'off' } })).toBe('5206' + '5204' + '08011802');
    expect(hex({ optimizers: { arithmetic: 'aggressive', dependency: 'off' } })).toBe(
      '5206' + '5204' + '38034002',
    );
    expect(hex({ optimizers: { loop: 'off', function: 'off', shape: 'off', remapping: 'off' } })).toBe(
      '520a' + '5208' + '4802500268027002',
    );
    expect(hex({ optimizers: { autoMixedPrecision: 'on', commonSubgraph: 'off' } })).toBe(
      '5208' + '5206' + 'b80101c00102',
    );
    expect(hex({ optimizers: { autoMixedPrecisionBfloat16: 'on' } })).toBe('5205' + '5203' + 'f80101');
  });

  it.each<[SessionOptions, string]>([
    [{ interOpThreads: 0 }, 'Session option interOpThreads must be a whole number from 1 on, got 0'],
    [{ interOpThreads: 1.5 }, 'Session option interOpThreads must be a whole number from 1 on, got 1.5'],
    [{ deviceCount: { CPU: 0 } }, 'Session option deviceCount.CPU must be a whole number from 1 on, got 0'],
    [{ deviceCount: { GPU: -1 } }, 'Session option deviceCount.GPU must be a whole number from 0 on, got -1'],
  ])('refuses %j', (options, message) => {
    expect(() => encodeSessionOptions(options)).toThrow(new RangeError(message));
  });
});

describe('setSessionOptions of the addon', () => {
  it('refuses bytes that are no ConfigProto, and keeps what was set', async () => {
    setSessionOptions(encodeSessionOptions({ deviceCount: { CPU: 2 } }), '');
    expect(() => setSessionOptions(Uint8Array.of(0xff), '')).toThrow(
      /config is no ConfigProto: .*[Uu]nparseable/,
    );
    const run = await open(doubled('/device:CPU:1'));
    expect(run(1, 2)).toEqual([2, 4]);
  });

  it('reads a view of a larger buffer, and a target beyond ASCII', async () => {
    const config = Buffer.from(`ffff${'0a070a034350551002'}ffff`, 'hex').subarray(2, -2);
    setSessionOptions(config, 'nirgends-ä⌂');
    await expect(open(doubled(''))).rejects.toThrow(/nirgends-ä⌂|nirgends-\\303/);
    setSessionOptions(config, '');
    const run = await open(doubled('/device:CPU:1'));
    expect(run(1, 2)).toEqual([2, 4]);
  });

  it.each([
    ['nothing', []],
    ['no target', [new Uint8Array(0)]],
    ['another array', [new Float32Array(1), '']],
    ['no array', ['', '']],
    ['a target that is no string', [new Uint8Array(0), 1]],
  ])('refuses %s', (_, parameters) => {
    expect(() => setSessionOptions(...parameters)).toThrow(
      'setSessionOptions: expected (config: Uint8Array, target: string)',
    );
  });
});
