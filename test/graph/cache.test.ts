import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cacheKey, findCached, storeGraph } from '../../src/graph/cache.ts';
import { compile } from '../../src/graph/compile.ts';
import type { ProgramOptions } from '../../src/graph/program.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { expectClose } from '../support/tensors.ts';

const tempFolder = useTempFolders();

/** Compiles `y = w·x + constant` with a cache. @returns whether the function was called, and the program */
async function compileCached(
  folder: string,
  {
    key = 'key',
    sources = [],
    input = tf.tensor1d([1, 2]),
    name = 'w',
    weight = tf.tensor1d([3, 4]),
    constant = tf.scalar(5),
    ...options
  }: Changes = {},
) {
  let calls = 0;
  const w = tf.variable(weight);
  const program = await compile(
    ({ x }: { x: tf.Tensor }) => {
      calls++;
      return { y: x.mul(w).add(constant) };
    },
    { x: input },
    { state: new Map([[name, w]]), constants: [constant], cache: { folder, key, sources }, ...options },
  );
  return { called: calls > 0, program };
}

interface Changes extends Partial<Omit<ProgramOptions, 'state' | 'cache' | 'constants'>> {
  key?: unknown;
  sources?: string[];
  input?: tf.Tensor;
  name?: string;
  weight?: tf.Tensor;
  constant?: tf.Tensor;
  precision?: 'float32' | 'bfloat16';
}

async function onlyEntry(folder: string): Promise<string> {
  const entries = await readdir(folder);
  expect(entries).toHaveLength(1);
  return join(folder, entries[0]!);
}

describe('a second compilation', () => {
  it('does not call the function, and gives the same', async () => {
    const folder = join(await tempFolder(), 'made', 'on', 'demand');
    const first = await compileCached(folder);
    expect(first).toMatchObject({ called: true, program: { origin: { cached: false, cacheError: null } } });
    const second = await compileCached(folder);
    expect(second).toMatchObject({ called: false, program: { origin: { cached: true, cacheError: null } } });
    expect(second.program.origin.nodes).toBe(first.program.origin.nodes);
    const x = tf.tensor1d([10, 20]);
    for (const { program } of [first, second]) expectClose(program.run({ x }).y, [35, 85]);
    await onlyEntry(folder);
  });

  it('takes the variables’ values of now', async () => {
    const folder = await tempFolder();
    await compileCached(folder);
    const { called, program } = await compileCached(folder, { weight: tf.tensor1d([0, 1]) });
    expect(called).toBe(false);
    expectClose(program.run({ x: tf.tensor1d([10, 20]) }).y, [5, 25]);
    expect(program.state.names).toEqual(['w']);
  });

  it.each<[string, Changes, Changes]>([
    ['an input’s shape', {}, { input: tf.tensor2d([[1, 2]]) }],
    ['an input’s type', {}, { input: tf.tensor1d([1, 2], 'int32') }],
    ['the precision', {}, { precision: 'bfloat16' }],
    ['the device', {}, { device: '/device:CPU:0' }],
    ['a constant’s content', {}, { constant: tf.scalar(6) }],
    ['a constant’s shape', {}, { constant: tf.tensor1d([5]) }],
    ['a constant’s type', {}, { constant: tf.scalar(5, 'int32') }],
    ['a zero’s sign', { constant: tf.scalar(0) }, { constant: tf.scalar(-0) }],
    [
      'which infinity',
      { constant: tf.scalar(Number.POSITIVE_INFINITY) },
      { constant: tf.scalar(Number.NEGATIVE_INFINITY) },
    ],
    ['a variable’s name', {}, { name: 'v' }],
    ['a variable’s shape', {}, { weight: tf.tensor1d([3]) }],
    ['a variable’s type', {}, { weight: tf.tensor1d([3, 4], 'int32') }],
    ['the key', { key: { a: [1, { b: null }] } }, { key: { a: [1, { b: false }] } }],
  ])('records again for a change of %s', async (_, before, after) => {
    const folder = await tempFolder();
    await compileCached(folder, before);
    expect((await compileCached(folder, after)).called).toBe(true);
    expect((await compileCached(folder, before)).called).toBe(false);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('records again for a change of the code: a file’s content, name or place', async () => {
    const [folder, source] = [await tempFolder(), await tempFolder()];
    const keys = new Set<string>();
    const note = async () => keys.add(await cacheKey({ folder, key: 0, sources: [source] }, 0));
    await note();
    await writeFile(join(source, 'model.ts'), 'one');
    await note();
    await writeFile(join(source, 'model.ts'), 'two');
    await note();
    await mkdir(join(source, 'deeper'));
    await writeFile(join(source, 'deeper', 'model.ts'), '');
    await note();
    await writeFile(join(source, 'model.ts'), '');
    await writeFile(join(source, 'deeper', 'model.ts'), 'two');
    await note();
    await rename(join(source, 'model.ts'), join(source, 'net.ts'));
    await note();
    await rename(join(source, 'net.ts'), join(source, 'model.ts'));
    expect(keys.size).toBe(6);
    await compileCached(folder, { sources: [source] });
    expect((await compileCached(folder, { sources: [source] })).called).toBe(false);
    await writeFile(join(source, 'model.ts'), 'three');
    expect((await compileCached(folder, { sources: [source] })).called).toBe(true);
  });

  it('records again with another tfjs', async () => {
    const folder = await tempFolder();
    await compileCached(folder);
    const versions = tf.version as { tfjs: string };
    const { tfjs } = versions;
    versions.tfjs = '0.0.0';
    const { called } = await compileCached(folder);
    versions.tfjs = tfjs;
    expect(called).toBe(true);
  });
});

describe('cacheKey', () => {
  it.each([
    [
      'Infinity',
      { a: { rate: Number.POSITIVE_INFINITY } },
      'The cache\'s key holds Infinity at "rate", which JSON cannot write',
    ],
    ['not-a-number', [Number.NaN], 'The cache\'s key holds NaN at "0", which JSON cannot write'],
    ['a map', { m: new Map() }, 'The cache\'s key holds [object Map] at "m", which JSON cannot write'],
    [
      'a function',
      { f: Math.sin },
      'The cache\'s key holds function sin() { [native code] } at "f", which JSON cannot write',
    ],
  ])('refuses %s', async (_, key, message) => {
    await expect(cacheKey({ folder: '', key, sources: [] }, 0)).rejects.toThrow(new TypeError(message));
  });

  it('is not the same for other folders of the same content', async () => {
    const [a, b] = [await tempFolder(), await tempFolder()];
    await writeFile(join(a, 'x'), 'content');
    await writeFile(join(b, 'x'), 'content');
    const keyOf = (...sources: string[]) => cacheKey({ folder: '', key: 0, sources }, 0);
    expect(await keyOf(a)).toBe(await keyOf(b));
    expect(await keyOf(a, b)).not.toBe(await keyOf(a));
  });
});

describe('an entry that is broken', () => {
  const x = tf.tensor1d([10, 20]);
  it.each<[string, (entry: string) => Promise<unknown>]>([
    ['has an empty graph', (entry) => truncate(join(entry, 'saved_model.pb'), 0)],
    ['has half a graph', (entry) => truncate(join(entry, 'saved_model.pb'), 300)],
    ['has a flipped bit in its graph', (entry) => flipBit(join(entry, 'saved_model.pb'))],
    ['has no spec', (entry) => writeFile(join(entry, 'program.json'), '')],
    ['has half a spec', (entry) => truncate(join(entry, 'program.json'), 50)],
    ['has a spec of nothing', (entry) => writeFile(join(entry, 'program.json'), 'null')],
  ])('%s: is recorded anew, once', async (_, damage) => {
    const folder = await tempFolder();
    await compileCached(folder);
    await damage(await onlyEntry(folder));
    const { called, program } = await compileCached(folder);
    expect(called).toBe(true);
    expect(program.origin.cacheError).toBe(null);
    expectClose(program.run({ x }).y, [35, 85]);
    expect((await compileCached(folder)).called).toBe(false);
    await onlyEntry(folder);
  });
});

async function flipBit(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(file, bytes);
}

describe('a folder of graphs', () => {
  const graph = { savedModel: new Uint8Array([1, 2, 3]), spec: { some: 'spec' } };
  const entryName = (i: number) => `${i}`.padStart(64, '0');

  it('keeps the 16 entries that were used last, and what is not its own', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'notes.txt'), '');
    await mkdir(join(folder, 'results'));
    for (let i = 0; i < 16; i++) {
      await storeGraph(join(folder, entryName(i)), graph);
      await utimes(join(folder, entryName(i)), 1000 + i, 1000 + i);
    }
    expect(await findCached(join(folder, entryName(0)))).toEqual(graph.spec);
    await storeGraph(join(folder, entryName(16)), graph);
    await storeGraph(join(folder, entryName(17)), graph);
    const kept = [0, ...Array.from({ length: 15 }, (_, i) => i + 3)].map(entryName);
    expect((await readdir(folder)).sort()).toEqual([...kept, 'notes.txt', 'results']);
  });

  it('leaves an entry that is whole in its place', async () => {
    const folder = await tempFolder();
    const entry = join(folder, entryName(1));
    await storeGraph(entry, graph);
    const { ino } = await stat(join(entry, 'saved_model.pb'));
    await storeGraph(entry, graph);
    expect((await stat(join(entry, 'saved_model.pb'))).ino).toBe(ino);
    expect(await readdir(folder)).toEqual([entryName(1)]);
  });

  it('that cannot be written costs nothing but time, and says why', async () => {
    const file = join(await tempFolder(), 'file');
    await writeFile(file, '');
    const { called, program } = await compileCached(join(file, 'graphs'));
    expect(called).toBe(true);
    expect(program.origin.cacheError?.message).toMatch(/^ENOTDIR/);
    expectClose(program.run({ x: tf.tensor1d([10, 20]) }).y, [35, 85]);
  });

  it('serves what it has where it is only read', async (context) => {
    if (process.getuid?.() === 0) context.skip('the superuser may write everywhere');
    const folder = await tempFolder();
    await compileCached(folder);
    await chmod(await onlyEntry(folder), 0o555);
    await chmod(folder, 0o555);
    expect((await compileCached(folder)).called).toBe(false);
    await chmod(folder, 0o755);
    await chmod(await onlyEntry(folder), 0o755);
  });

  it('may be used by several processes at once', async () => {
    const folder = await tempFolder();
    const script = fileURLToPath(new URL('../support/compile-with-cache.ts', import.meta.url));
    const run = async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [script, folder]);
      return JSON.parse(stdout.trim().split('\n').at(-1)!) as { calls: number; cached: boolean; sum: number };
    };
    const sum = 2 * ((500 * 501) / 2);
    for (const result of await Promise.all([run(), run(), run()])) expect(result.sum).toBe(sum);
    await onlyEntry(folder);
    expect(await run()).toEqual({ calls: 0, cached: true, sum });
  });
});

describe('without a cache', () => {
  it('nothing stays on disk, also where recording or loading fails', async () => {
    const folder = await tempFolder();
    const { TMPDIR } = process.env;
    process.env.TMPDIR = folder;
    const compileIt = (fn: () => Record<string, tf.Tensor>, target = '') =>
      compile(fn, {}, { state: new Map(), session: { target } });
    (await compileIt(() => ({ y: tf.scalar(1) }))).dispose();
    await expect(compileIt(() => ({ y: tf.scalar(tf.randomUniform([1]).size) }))).rejects.toThrow(
      'randomUniform',
    );
    await expect(compileIt(() => ({ y: tf.scalar(1) }), 'nowhere://')).rejects.toThrow('nowhere');
    process.env.TMPDIR = TMPDIR;
    expect(await readdir(folder)).toEqual([]);
  });
});
