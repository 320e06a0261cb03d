import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CUDA_LIBRARIES, findCudaLibraries, parseGpus } from '../../src/system/nvidia.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

describe('parseGpus', () => {
  it('reads one GPU a line; a comma in the name stays in it', () => {
    expect(parseGpus('NVIDIA H200, 143771, 570.86.15\nTesla T4, rev. B, 15360, 550.54.14\n')).toEqual([
      { name: 'NVIDIA H200', memoryMiB: 143771, driver: '570.86.15' },
      { name: 'Tesla T4, rev. B', memoryMiB: 15360, driver: '550.54.14' },
    ]);
  });

  it('passes over what is no GPU', () => {
    expect(parseGpus('No devices were found\n')).toEqual([]);
    expect(parseGpus('')).toEqual([]);
  });
});

describe('findCudaLibraries', () => {
  it('finds what lies beside TensorFlow, then what LD_LIBRARY_PATH names', async () => {
    const runtime = await tempFolder();
    const other = await tempFolder();
    const place = async (folder: string, name: string) => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, name), '');
    };
    await place(join(runtime, 'nvidia/cudnn/lib'), 'libcudnn.so.9');
    await place(other, 'libcudnn.so.9');
    await place(other, 'libnccl.so.2');
    const found = await findCudaLibraries(runtime, { LD_LIBRARY_PATH: `:${other}` });
    expect(found.map(({ name }) => name)).toEqual([...CUDA_LIBRARIES]);
    const path = (name: string) => found.find((library) => library.name === name)?.path;
    expect(path('libcudnn.so.9')).toBe(join(runtime, 'nvidia/cudnn/lib/libcudnn.so.9'));
    expect(path('libnccl.so.2')).toBe(join(other, 'libnccl.so.2'));
  });
});
