import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isDone, keyOf, makeStep, pendingSteps, type Step } from '../../../scripts/setup/step.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const silent = { line: () => {}, watch: () => () => {} };
const tempFolder = useTempFolders();

async function step(key: string, changes: Partial<Step> = {}): Promise<Step> {
  const folder = await tempFolder();
  const product = join(folder, 'made/product');
  return {
    title: 'a step',
    stamp: join(folder, 'made/.setup'),
    key,
    outputs: [product],
    needs: [],
    make: async () => {
      await mkdir(join(folder, 'made'), { recursive: true });
      await writeFile(product, 'whole');
    },
    ...changes,
  };
}

describe('keyOf', () => {
  it('tells apart what differs, also by where one part ends', () => {
    expect(keyOf('a', 1)).toBe(keyOf('a', 1));
    expect(keyOf('ab', 'c')).not.toBe(keyOf('a', 'bc'));
    expect(keyOf(['x', true])).not.toBe(keyOf(['x', false]));
  });
});

describe('makeStep', () => {
  it('is done afterwards, and not before', async () => {
    const one = await step('k');
    expect(await isDone(one)).toBe(false);
    await makeStep(one, silent);
    expect(await isDone(one)).toBe(true);
  });

  it('leaves no stamp when it fails, not even the one of an earlier success', async () => {
    const one = await step('k');
    await makeStep(one, silent);
    const broken = { ...one, make: () => Promise.reject(new Error('cut off')) };
    await expect(makeStep(broken, silent)).rejects.toThrow('cut off');
    expect(existsSync(one.outputs[0]!)).toBe(true);
    expect(await isDone(one)).toBe(false);
  });

  it('has no stamp while it works', async () => {
    const one = await step('k');
    await makeStep(one, silent);
    let stampedMeanwhile: boolean | undefined;
    const watched = {
      ...one,
      make: async () => {
        stampedMeanwhile = existsSync(one.stamp);
      },
    };
    await makeStep(watched, silent);
    expect(stampedMeanwhile).toBe(false);
  });

  it('says what it does and how long it took', async () => {
    const lines: string[] = [];
    await makeStep(await step('k'), { ...silent, line: (text) => lines.push(text) });
    expect(lines).toEqual(['a step ...', expect.stringMatching(/^a step: done in \d+\.\d s$/)]);
  });
});

describe('isDone', () => {
  it('is false when an input has changed, the product is gone, or the stamp is cut', async () => {
    const one = await step('k');
    await makeStep(one, silent);
    expect(await isDone({ ...one, key: 'other' })).toBe(false);
    await writeFile(one.stamp, (await readFile(one.stamp, 'utf8')).slice(0, -1));
    expect(await isDone(one)).toBe(false);
    await makeStep(one, silent);
    await rm(one.outputs[0]!);
    expect(await isDone(one)).toBe(false);
  });
});

describe('pendingSteps', () => {
  it('takes a step along when the one that it lies in is made again', async () => {
    const outer = await step('k');
    const inner = await step('k', { inside: outer });
    const other = await step('k');
    const steps = [outer, inner, other];
    for (const each of steps) await makeStep(each, silent);
    expect(await pendingSteps(steps)).toEqual([]);
    await rm(outer.stamp);
    expect(await pendingSteps(steps)).toEqual([outer, inner]);
  });
});
