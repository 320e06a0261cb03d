import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertInputsApart } from '../../src/data/assert-inputs-apart.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { UsageError } from '../../src/system/errors.ts';
import { collectLog } from '../support/collect-log.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { testParams } from '../support/test-params.ts';

const tempFolder = useTempFolders();

/** Folders `a/b`, `ab` and `..c`, and a link to `a`. */
async function folders(): Promise<string> {
  const folder = await tempFolder();
  for (const name of ['a/b', 'ab', 'a/..c']) await mkdir(join(folder, name), { recursive: true });
  await symlink('a', join(folder, 'link'));
  return folder;
}

function paramsOf(folder: string, path: string | null, custom: readonly string[]) {
  const source = path === null ? ('hub' as const) : ('local' as const);
  const all = custom.map((name) => `${folder}/${name}`);
  return testParams(folder, { source, path: path && `${folder}/${path}`, custom: all });
}

describe('assertInputsApart', () => {
  it.each<[string | null, string[], RegExp]>([
    [null, ['a', 'a'], /^data\.custom \(.+\/a\) is the same folder as data\.custom \(.+\/a\), .+$/],
    [null, ['a', 'a/'], /is the same folder as/],
    [null, ['a', 'ab', 'link'], /^data\.custom \(.+\/link\) is the same folder as data\.custom \(.+\/a\)/],
    [null, ['a', 'link/b'], /^data\.custom \(.+\/link\/b\) lies in data\.custom/],
    [null, ['a', 'a/..c'], /lies in/],
    ['a', ['link'], /^data\.custom \(.+\/link\) is the same folder as data\.path/],
    ['a', ['ab', 'a/b'], /^data\.custom \(.+\/a\/b\) lies in data\.path \(.+\/a\), .+$/],
    ['a/b', ['a'], /^data\.custom \(.+\/a\) is around data\.path/],
    [null, ['none', 'none/'], /is the same folder as/],
  ])('refuses path %j with custom %j', async (path, custom, message) => {
    const params = paramsOf(await folders(), path, custom);
    await expect(assertInputsApart(params)).rejects.toThrow(message);
    await expect(assertInputsApart(params)).rejects.toThrow(UsageError);
  });

  it('accepts folders side by side', async () => {
    const folder = await folders();
    await expect(assertInputsApart(paramsOf(folder, 'a', ['ab']))).resolves.toBeUndefined();
    await expect(assertInputsApart(paramsOf(folder, null, ['a/b', 'a/..c', 'ab']))).resolves.toBeUndefined();
    await expect(assertInputsApart(paramsOf(folder, null, []))).resolves.toBeUndefined();
  });

  it('is asked before data are prepared', async () => {
    const params = paramsOf(await folders(), 'ab', ['a', 'a/']);
    await expect(prepareData(params, collectLog())).rejects.toThrow(UsageError);
  });
});
