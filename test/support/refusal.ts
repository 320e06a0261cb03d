import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { compile } from '../../src/graph/compile.ts';
import type { TensorTree } from '../../src/graph/tensor-tree.ts';
import { tf } from '../../src/system/tensorflow.ts';

/** What the functions get that are to be refused. */
export interface Inputs extends TensorTree {
  x: tf.Tensor;
  boxes: tf.Tensor2D;
}

/** `x` is 1, 2, 2. */
export const inputs: Inputs = {
  x: tf.tensor1d([1, 2, 2]),
  boxes: tf.tensor2d([
    [0, 0, 1, 1],
    [0, 0, 1, 2],
    [0, 1, 1, 1],
  ]),
};

/** A function that is to be refused, and the whole message but for its beginning. */
export type Refusal = [name: string, fn: (inputs: Inputs) => unknown, message: string];

/**
 * @param url of a test file, whose lines that end in a comment `// mark` are what messages name
 * @returns a function that compiles another one and expects a refusal; `@mark` in the message stands for the marked place
 */
export function expectRefusalsOf(
  url: string,
): (fn: (inputs: Inputs) => unknown, message: string) => Promise<void> {
  const path = fileURLToPath(url);
  const lines = readFileSync(path, 'utf8').split('\n');
  const placeOf = (mark: string) => {
    const line = lines.findIndex((text) => text.endsWith(`// ${mark}`)) + 1;
    expect(line, `a line with the comment // ${mark}`).toBeGreaterThan(0);
    return new RegExp(`${relative(process.cwd(), path)}:${line}:\\d+`);
  };
  return async (fn, message) => {
    const error = await compile(fn as (inputs: Inputs) => TensorTree, inputs, { state: new Map() }).then(
      () => null,
      (reason: unknown) => reason as Error,
    );
    expect(error?.name).toBe('RecordingError');
    const marks = [...message.matchAll(/@([\w.]+)/g)].map(([, mark]) => mark!);
    const got = marks.reduce((text, mark) => text.replace(placeOf(mark), `@${mark}`), error!.message);
    expect(got).toBe(`Cannot compile: ${message}`);
  };
}
