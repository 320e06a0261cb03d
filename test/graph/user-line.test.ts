import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callingPackages, userCall } from '../../src/graph/user-line.ts';
import { tf } from '../../src/system/tensorflow.ts';

const HERE = relative(process.cwd(), import.meta.filename);

/** The line that calls this function. */
function thisLine(): number {
  const frames = new Error('where').stack!.split('\n').slice(1);
  return Number(/:(\d+):\d+\)?$/.exec(frames[1]!)![1]);
}

/** @param inside called in place of a kernel @returns its result, which tfjs takes for the kernel's and hands through */
function inPlaceOfKernel<T>(op: () => unknown, inside: () => T): T {
  const engine = tf.engine() as unknown as { runKernel: () => unknown };
  engine.runKernel = inside;
  try {
    return op() as T;
  } finally {
    Reflect.deleteProperty(engine, 'runKernel');
  }
}

describe('userCall', () => {
  it('is the line that calls it', () => {
    const [call, line] = [userCall(), thisLine()];
    expect(call.line).toMatch(new RegExp(`^${HERE}:${line}:\\d+$`));
    expect(call.callee).toBe('userCall');
  });

  it('is the innermost line of the user’s that leads into tfjs, and what it calls', () => {
    const x = tf.tensor2d([[1, 2]]);
    const line = thisLine() + 2;
    const call = inPlaceOfKernel(() => {
      return x.add(1);
    }, userCall);
    expect(call.line).toMatch(new RegExp(`^${HERE}:${line}:\\d+$`));
    expect(call.callee).toBe('add');
    expect(inPlaceOfKernel(() => tf.softmax(x), userCall).callee).toBe('softmax');
  });

  it('does not change how deep other stacks are', () => {
    const before = Error.stackTraceLimit;
    userCall();
    expect(Error.stackTraceLimit).toBe(before);
  });

  it('finds the user’s line behind a hundred calls', () => {
    const deep = (depth: number): ReturnType<typeof userCall> => (depth === 0 ? userCall() : deep(depth - 1));
    expect(deep(100).line).toContain(HERE);
  });
});

describe('callingPackages', () => {
  it('names the functions of packages, innermost first, without what tfjs adds to their names', () => {
    const names = inPlaceOfKernel(() => tf.softmax(tf.tensor1d([1])), callingPackages.bind(null, 8));
    expect(names.slice(0, 2)).toEqual(['softmax', 'softmax']);
  });

  it('leaves out functions of the user, whatever they are called', () => {
    const randomUniform = () => callingPackages(1);
    expect(randomUniform()).toEqual([]);
  });
});
