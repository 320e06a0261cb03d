import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCpuInfo, readCpu, readDisks, readMemory } from '../../src/system/hardware.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

const CPUINFO = `processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Gold 6448Y
flags\t\t: fpu sse2 avx avx2 avx512f avx512_bf16 amx_bf16 amx_tile
bugs\t\t: spectre_v1

processor\t: 1
model name\t: another
flags\t\t: fpu
`;

describe('parseCpuInfo', () => {
  it('reads model and features of the first processor', () => {
    expect(parseCpuInfo(CPUINFO)).toEqual({
      model: 'Intel(R) Xeon(R) Gold 6448Y',
      features: ['AVX2', 'AVX512F', 'AVX512_BF16', 'AMX_BF16'],
    });
  });

  it('takes whole flags only', () => {
    expect(parseCpuInfo('model name : x\nflags : avx512fp16 xavx2 avx2x\n').features).toEqual([]);
  });

  it('says unknown where the file says nothing, as on ARM', () => {
    expect(parseCpuInfo('processor : 0\nFeatures : asimd\n')).toEqual({ model: 'unknown', features: [] });
    expect(parseCpuInfo('')).toEqual({ model: 'unknown', features: [] });
  });
});

describe('this machine', () => {
  it('has cores and memory, of which some is available', async () => {
    expect((await readCpu()).cores).toBeGreaterThan(0);
    const { totalBytes, availableBytes } = readMemory();
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThanOrEqual(totalBytes);
  });
});

describe('readDisks', () => {
  it('takes the nearest folder that exists, and each disk once', async () => {
    const folder = await tempFolder();
    const disks = await readDisks([join(folder, 'not/yet/there'), folder]);
    expect(disks).toEqual([{ path: folder, freeBytes: expect.any(Number) }]);
    expect(disks[0]!.freeBytes).toBeGreaterThan(0);
  });
});
