import { describe, expect, it } from 'vitest';
import { chooseFlavour } from '../../../scripts/setup/tensorflow-runtime.ts';
import { RUNTIMES } from '../../../scripts/setup/tensorflow-wheels.ts';

const nothing = () => false;

describe('chooseFlavour', () => {
  it('takes the CPU library where there is no driver, and the CUDA one where there is', () => {
    expect(chooseFlavour({ PATH: '/nowhere' }, nothing)).toBe('cpu');
    expect(chooseFlavour({ PATH: '/nowhere' }, (path) => path === '/proc/driver/nvidia/version')).toBe('gpu');
    expect(chooseFlavour({ PATH: '/nowhere' }, (path) => path.endsWith('libcuda.so.1'))).toBe('gpu');
  });

  it('does as TF_RUNTIME says; empty counts as not set', () => {
    expect(chooseFlavour({ PATH: '', TF_RUNTIME: 'gpu' }, nothing)).toBe('gpu');
    expect(chooseFlavour({ PATH: '', TF_RUNTIME: 'cpu' }, () => true)).toBe('cpu');
    expect(chooseFlavour({ PATH: '', TF_RUNTIME: '' }, nothing)).toBe('cpu');
    expect(() => chooseFlavour({ TF_RUNTIME: 'cuda' })).toThrow(
      'TF_RUNTIME must be cpu, gpu or not set, got "cuda"',
    );
  });
});

describe('RUNTIMES', () => {
  it('pins every wheel by version and sha256', () => {
    for (const wheel of [...RUNTIMES.cpu.wheels, ...RUNTIMES.gpu.wheels]) {
      expect(wheel.requirement).toMatch(/^[a-z0-9-]+==\d+(\.\d+)+$/);
      expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    const hashes = RUNTIMES.gpu.wheels.map(({ sha256 }) => sha256);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
