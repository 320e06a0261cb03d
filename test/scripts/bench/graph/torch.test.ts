import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTorch } from '../../../../scripts/bench/graph/torch.ts';
import { useTempFolders } from '../../../support/temp-folder.ts';

const makeFolder = useTempFolders();

/** A program that answers as a Python would. */
async function answering(answer: object): Promise<string> {
  const path = join(await makeFolder(), 'python');
  await writeFile(path, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`);
  await chmod(path, 0o755);
  return path;
}

describe('findTorch', () => {
  it('says how to install PyTorch where there is none', async () => {
    // Node knows no Python: it stands for one without PyTorch.
    const { torch, missing } = await findTorch(process.execPath);
    expect(torch).toBeNull();
    expect(missing).toMatch(/^PyTorch did not take part: .*pip install torch==.*TORCH_PYTHON$/);
  });

  it('leaves the own model out where torchvision is missing', async () => {
    const python = await answering({ version: '2.13.0', vision: null });
    const { torch, missing } = await findTorch(python);
    expect(torch).toEqual({ python, version: '2.13.0', vision: null });
    expect(missing).toContain('did not take part in own-model');
  });

  it('misses nothing where both are there', async () => {
    const python = await answering({ version: '2.13.0', vision: '0.28.0' });
    expect(await findTorch(python)).toEqual({
      torch: { python, version: '2.13.0', vision: '0.28.0' },
      missing: null,
    });
  });

  it('takes a program that is not there for one without PyTorch', async () => {
    expect((await findTorch('/nonexistent/python')).torch).toBeNull();
  });
});
