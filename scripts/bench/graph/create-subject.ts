import { createOwnModel } from './own-model.ts';
import { createPrototype } from './prototype.ts';
import type { Network, Subject } from './subject.ts';

/** @param folder that `prepare.ts` has filled */
export async function createSubject(network: Network, folder: string): Promise<Subject> {
  return network === 'prototype' ? createPrototype(folder) : createOwnModel(folder);
}
