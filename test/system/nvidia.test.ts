import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CUDA_LIBRARIES, findCudaLibraries, parseGpuLoad, parseGpus } from '../../src/system/nvidia.ts';
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

describe('parseGpuLoad', () => {
  it('reads what the driver says of one GPU', () => {
    expect(parseGpuLoad('37, 2048\n')).toEqual({ use: 0.37, memoryBytes: 2 ** 31 });
    expect(parseGpuLoad('0, 0')).toEqual({ use: 0, memoryBytes: 0 });
  });

  it('has nothing where the driver does not know, as of a part of a GPU', () => {
    expect(parseGpuLoad('[N/A], 512\n')).toEqual({ use: null, memoryBytes: 2 ** 29 });
    expect(parseGpuLoad('[Not Supported], [N/A]\n')).toEqual({ use: null, memoryBytes: null });
  });

  it('takes no message for an answer', () => {
    expect(parseGpuLoad('No devices were found\n')).toBe(null);
    expect(parseGpuLoad('')).toBe(null);
    expect(parseGpuLoad("NVIDIA-SMI has failed because it couldn't communicate, 12\n")).toBe(null);
  });
});

describe('findCudaLibraries', () => {
  it('looks where TensorFlow looks: LD_LIBRARY_PATH first, then beside TensorFlow', async () => {
    const runtime = await tempFolder();
    const other = await tempFolder();
    const place = async (folder: string, name: string) => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, name), '');
    };
    await place(join(runtime, 'nvidia/cudnn/lib'), 'libcudnn.so.9');
    await place(join(runtime, 'nvidia/cufft/lib'), 'libcufft.so.11');
    await place(other, 'libcudnn.so.9');
    const found = await findCudaLibraries(runtime, { LD_LIBRARY_PATH: `:${other}` });
    expect(found.map(({ name }) => name)).toEqual([...CUDA_LIBRARIES]);
    const path = (name: string) => found.find((library) => library.name === name)?.path;
    expect(path('libcudnn.so.9')).toBe(join(other, 'libcudnn.so.9'));
    expect(path('libcufft.so.11')).toBe(join(runtime, 'nvidia/cufft/lib/libcufft.so.11'));
  });

  it("does not count cuSOLVER in its own folder, where TensorFlow 2.21 does not look, but takes set-up's link", async () => {
    const runtime = await tempFolder();
    const own = join(runtime, 'nvidia/cusolver/lib');
    const linked = join(runtime, 'nvidia/cusparse/lib');
    await mkdir(own, { recursive: true });
    await mkdir(linked, { recursive: true });
    await writeFile(join(own, 'libcusolver.so.11'), '');
    const cusolver = async () =>
      (await findCudaLibraries(runtime, {})).find(({ name }) => name === 'libcusolver.so.11')?.path;
    expect(await cusolver()).not.toBe(join(own, 'libcusolver.so.11'));
    await symlink('../../cusolver/lib/libcusolver.so.11', join(linked, 'libcusolver.so.11'));
    expect(await cusolver()).toBe(join(linked, 'libcusolver.so.11'));
  });
});
