import { describe, expect, it } from 'vitest';
import { readPythonPackages } from '../../src/system/python-tools.ts';

describe('readPythonPackages', () => {
  it('gives null for what is not installed', async () => {
    const versions = await readPythonPackages(['no-such-package-of-ours']);
    expect(versions).toEqual(new Map([['no-such-package-of-ours', null]]));
  });

  it('gives null for all where there is no Python', async () => {
    const versions = await readPythonPackages(['dvc', 'wandb'], '/nowhere/python');
    expect(versions).toEqual(
      new Map([
        ['dvc', null],
        ['wandb', null],
      ]),
    );
  });
});
