import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readComments } from '../scripts/params-schema.ts';
import { codeOf } from './support/code-of.ts';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Stage {
  cmd: string;
  deps: string[];
  params: string[];
  outs: (string | Record<string, unknown>)[];
}

const { stages } = parse(read('dvc.yaml')) as { stages: Record<string, Stage> };
const keys = [...readComments(read('params.yaml')).keys()];
const leaves = keys.filter((key) => !keys.some((other) => other.startsWith(`${key}.`)));
const isWithin = (part: string, whole: string, separator: string) =>
  `${part}${separator}`.startsWith(`${whole}${separator}`);

/** Keys that no stage needs to run again for. */
const WITHOUT_EFFECT = ['device', 'data.workers', 'tracking'];

/**
 * Rooms that shape no result: messages, files, params as such (each stage names its own), who is told of figures, and
 * what brings files of the hub, which are checked by their hashes.
 */
const NO_RESULT = ['src/hub', 'src/params', 'src/system', 'src/tracking'];

/** Files of those rooms that do shape results, and the stages whose results they shape. */
const BUT_SHAPES: Readonly<Record<string, readonly string[]>> = {
  'src/params/saved-params.ts': ['train'],
  'src/system/load-tensorflow.ts': ['train', 'inference'],
  'src/system/random.ts': ['data-prep', 'train', 'inference'],
  'src/system/tensorflow.ts': ['train', 'inference'],
};

const entries = [
  ['data-prep', ['src/data/prepare.ts']],
  ['train', ['src/train/run.ts', 'src/system/load-tensorflow.ts']],
  ['inference', ['src/inference/run.ts', 'src/system/load-tensorflow.ts']],
] as const;

const codeOfStage = (files: readonly string[]) => [...new Set(files.flatMap((file) => [...codeOf(file)]))];

describe('dvc.yaml', () => {
  it('runs the stages with TensorFlow anew for another version of it', () => {
    for (const name of ['train', 'inference']) expect(stages[name]!.deps).toContain('package-lock.json');
  });

  it('runs the three stages by their commands', () => {
    expect(Object.entries(stages).map(([name, { cmd }]) => [name, cmd])).toEqual([
      ['data-prep', 'aerial data-prep'],
      ['train', 'aerial train'],
      ['inference', 'aerial inference'],
    ]);
  });

  it('names only params that exist', () => {
    const named = Object.values(stages).flatMap(({ params }) => params);
    expect(named.filter((key) => !keys.includes(key))).toEqual([]);
  });

  it('has each param in a stage, in an out, or among those without effect', () => {
    const named = [
      ...Object.values(stages).flatMap(({ params }) => params),
      'paths.prepared',
      'paths.runs',
      ...WITHOUT_EFFECT,
    ];
    expect(leaves.filter((key) => !named.some((whole) => isWithin(key, whole, '.')))).toEqual([]);
  });

  it('prepares no data anew for a param of train', () => {
    const own = stages['data-prep']!.params;
    expect(own.filter((key) => /^(train|model|loss|evaluate|inference)\b/.test(key))).toEqual([]);
    expect(own).not.toContain('data');
  });

  it.each(entries)('has all code of %s among its deps', (name, files) => {
    const { deps } = stages[name]!;
    const isCovered = (file: string) => {
      const covered = BUT_SHAPES[file]?.includes(name) ? deps : [...deps, ...NO_RESULT];
      return covered.some((whole) => isWithin(file, whole, '/'));
    };
    expect(codeOfStage(files).filter((file) => !isCovered(file))).toEqual([]);
  });

  it.each(entries)('has no dep of %s in src/ that its code does not use', (name, files) => {
    const used = codeOfStage(files);
    const inSource = stages[name]!.deps.filter((dep) => dep.startsWith('src/'));
    expect(inSource.filter((dep) => !existsSync(join(ROOT, dep)))).toEqual([]);
    expect(inSource.filter((dep) => !used.some((file) => isWithin(file, dep, '/')))).toEqual([]);
  });
});
