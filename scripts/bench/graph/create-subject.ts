import { compile } from '../../../src/graph/compile.ts';
import type { Precision } from '../../../src/graph/run-passes.ts';
import { flattenTree, type TensorTree } from '../../../src/graph/tensor-tree.ts';
import { createOwnModel } from './own-model.ts';
import { createPrototype } from './prototype.ts';
import type { Network, Subject } from './subject.ts';

/** @param folder that `prepare.ts` has filled */
export async function createSubject(network: Network, folder: string): Promise<Subject> {
  return network === 'prototype' ? createPrototype(folder) : createOwnModel(folder);
}

/** The step as one graph. */
export async function compileSubject(subject: Subject, precision: Precision): Promise<Subject['step']> {
  const { step, inputs, variables, constants } = subject;
  const example = inputs(1);
  const { run } = await compile(step, example, { state: variables, constants, precision });
  disposeTree(example);
  return run;
}

export function disposeTree(tree: TensorTree): void {
  for (const [, tensor] of flattenTree(tree)) tensor.dispose();
}
