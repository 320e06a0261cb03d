import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Need } from './needs.ts';
import { elapsed, type Report } from './report.ts';

/**
 * One part of the set-up. Its stamp lies inside what it makes, so that deleting the one deletes the other,
 * and is written last, so that it is never there without the thing it vouches for.
 */
export interface Step {
  title: string;
  /** Path of the stamp file. */
  stamp: string;
  /** Hash of everything that the result depends on; another key means: make it again. */
  key: string;
  /** Files that must be there besides the stamp. */
  outputs: readonly string[];
  /** What the machine must have for `make`. */
  needs: readonly Need[];
  /** The step inside whose result this one's lies: when that is made again, so is this. */
  inside?: Step;
  make(report: Report): Promise<void>;
}

/** @returns hex sha256 of the parts as JSON */
export function keyOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** @returns whether what the step makes is there, whole, and made from the present inputs */
export async function isDone(step: Step): Promise<boolean> {
  const stamped = await readFile(step.stamp, 'utf8').catch(() => '');
  return stamped === step.key && step.outputs.every((path) => existsSync(path));
}

/** @returns the steps that must be made, in their order */
export async function pendingSteps(steps: readonly Step[]): Promise<Step[]> {
  const pending: Step[] = [];
  for (const step of steps) {
    if ((step.inside && pending.includes(step.inside)) || !(await isDone(step))) pending.push(step);
  }
  return pending;
}

/** Makes one step and stamps it. A failure or a kill at any moment leaves it without a stamp. */
export async function makeStep(step: Step, report: Report): Promise<void> {
  const start = performance.now();
  report.line(`${step.title} ...`);
  await rm(step.stamp, { force: true });
  await step.make(report);
  await mkdir(dirname(step.stamp), { recursive: true });
  await writeFile(`${step.stamp}.part`, step.key);
  await rename(`${step.stamp}.part`, step.stamp);
  report.line(`${step.title}: done in ${elapsed(start)}`);
}
