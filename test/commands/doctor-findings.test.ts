import { describe, expect, it } from 'vitest';
import { formatFindings } from '../../src/commands/doctor.ts';
import { type Finding, judge } from '../../src/commands/doctor-findings.ts';
import type { MachineFacts } from '../../src/commands/machine-facts.ts';
import type { Params } from '../../src/params/schema.ts';
import { CUDA_LIBRARIES } from '../../src/system/nvidia.ts';
import { testParams } from '../support/test-params.ts';

const GIBIBYTE = 2 ** 30;
const gpu = { name: 'NVIDIA H200', memoryMiB: 143771, driver: '570.86.15' };
const cudaFound = CUDA_LIBRARIES.map((name) => ({ name, path: `/somewhere/${name}` }));
const cudaMissing = CUDA_LIBRARIES.map((name) => ({ name, path: null }));

/** A machine without a GPU on which everything else is there. */
const cpuMachine: MachineFacts = {
  node: { version: '24.21.0', needed: '>=22.18' },
  tensorflow: { version: '2.21.0', usesGpu: false },
  runtime: '2.21.0-cpu',
  cpu: { model: 'Xeon', cores: 2, features: ['AVX2', 'AVX512F'] },
  gpus: [],
  cudaLibraries: cudaMissing,
  memory: { totalBytes: 24 * GIBIBYTE, availableBytes: 20 * GIBIBYTE },
  disks: [{ path: '/work', freeBytes: 50 * GIBIBYTE }],
  sources: [],
  dvc: '3.67.1',
  wandb: '0.31.0',
  wandbMode: 'auto',
  wandbKey: 'WANDB_API_KEY',
};
const gpuMachine: MachineFacts = {
  ...cpuMachine,
  tensorflow: { version: '2.21.0', usesGpu: true },
  runtime: '2.21.0-gpu',
  gpus: [gpu],
  cudaLibraries: cudaFound,
};

function findings(facts: MachineFacts, device: Params['device'] = 'auto'): Finding[] {
  return judge(facts, { ...testParams('/data'), device });
}

function missing(facts: MachineFacts, device?: Params['device']): string[] {
  return findings(facts, device)
    .filter(({ status }) => status === 'missing')
    .map(({ name }) => name);
}

function only(name: string, facts: MachineFacts, device?: Params['device']): Finding {
  const found = findings(facts, device).filter((finding) => finding.name === name);
  expect(found).toHaveLength(1);
  return found[0]!;
}

describe('judge', () => {
  it('finds nothing missing on a machine that has all', () => {
    expect(missing(cpuMachine)).toEqual([]);
    expect(missing(cpuMachine, 'cpu')).toEqual([]);
    expect(missing(gpuMachine, 'gpu')).toEqual([]);
  });

  it('names all three when params ask for a GPU and there is nothing of it', () => {
    expect(missing(cpuMachine, 'gpu')).toEqual(['GPU', 'CUDA and cuDNN', 'TensorFlow computes on']);
    expect(only('TensorFlow computes on', cpuMachine, 'gpu').mend).toContain('TF_RUNTIME=gpu make setup');
  });

  it('names a CUDA library that is missing', () => {
    const cudaLibraries = cudaFound.map((library) =>
      library.name === 'libcudnn.so.9' ? { ...library, path: null } : library,
    );
    const facts = { ...gpuMachine, cudaLibraries };
    expect(missing(facts, 'gpu')).toEqual(['CUDA and cuDNN']);
    expect(only('CUDA and cuDNN', facts, 'gpu').value).toMatch(/^missing libcudnn\.so\.9; found libcudart/);
    expect(only('CUDA and cuDNN', facts, 'auto').status).toBe('note');
  });

  it('is not silent about a GPU that lies idle', () => {
    const facts = { ...gpuMachine, tensorflow: { version: '2.21.0', usesGpu: false } };
    expect(only('TensorFlow computes on', facts, 'auto')).toMatchObject({
      status: 'note',
      value: 'CPU, although there is a GPU',
    });
    expect(missing(facts, 'gpu')).toEqual(['TensorFlow computes on']);
    expect(only('TensorFlow computes on', facts, 'cpu').status).toBe('ok');
  });

  it('says why TensorFlow does not load, and what to do', () => {
    const broken = { ...cpuMachine, tensorflow: { error: 'libfoo.so: cannot open' } };
    expect(only('TensorFlow', broken)).toMatchObject({
      status: 'missing',
      value: 'does not load: libfoo.so: cannot open',
      mend: expect.stringContaining('make setup again'),
    });
    expect(only('TensorFlow', { ...broken, runtime: null }).mend).toContain('is not set up');
  });

  it.each([
    ['22.17.9', 'missing'],
    ['20.20.2', 'missing'],
    ['22.18.0', 'ok'],
    ['23.0.0', 'ok'],
    ['100.0.0', 'ok'],
  ])('judges Node %s as %s', (version, status) => {
    expect(only('Node', { ...cpuMachine, node: { version, needed: '>=22.18' } }).status).toBe(status);
  });

  it('demands 1 GiB of free disk', () => {
    const disk = (freeBytes: number) =>
      only('free disk', { ...cpuMachine, disks: [{ path: '/work', freeBytes }] });
    expect(disk(GIBIBYTE).status).toBe('ok');
    expect(disk(GIBIBYTE - 1).status).toBe('missing');
  });

  it('names data that is not there', () => {
    const sources = [
      { key: 'data.path', path: '/here/data/train.zip', exists: true },
      { key: 'data.custom[0]', path: '/gone', exists: false },
    ];
    expect(missing({ ...cpuMachine, sources })).toEqual(['data.custom[0]']);
  });

  it('takes tools that are not there as worth a note, not as missing', () => {
    const facts = { ...cpuMachine, dvc: null, wandb: null };
    expect(missing(facts)).toEqual([]);
    expect(only('DVC', facts)).toMatchObject({ status: 'note', mend: 'run make setup' });
  });

  it.each([
    ['auto', 'WANDB_API_KEY', 'ok', 'online, key from WANDB_API_KEY'],
    ['auto', null, 'note', 'offline, no key found'],
    ['online', null, 'note', 'offline, although WANDB_MODE is online: no key found'],
    ['offline', 'WANDB_API_KEY', 'ok', 'offline (WANDB_MODE)'],
    ['disabled', null, 'ok', 'disabled (WANDB_MODE)'],
  ] as const)('tells of W&B mode %s with key %s', (wandbMode, wandbKey, status, value) => {
    expect(only('W&B mode', { ...cpuMachine, wandbMode, wandbKey })).toMatchObject({ status, value });
  });

  it('counts a WANDB_MODE that training would refuse as missing', () => {
    expect(missing({ ...cpuMachine, wandbMode: { error: 'WANDB_MODE must be ...' } })).toEqual(['W&B mode']);
  });
});

describe('formatFindings', () => {
  it('aligns the columns, says how to mend below, and sums up', () => {
    const table = formatFindings([
      { name: 'Node', status: 'ok', value: '24' },
      { name: 'a disk', status: 'missing', value: 'full', mend: 'free some' },
    ]);
    expect(table).toBe(
      [
        'ok       Node    24',
        'missing  a disk  full',
        '                 -> free some',
        'Missing: a disk.',
        '',
      ].join('\n'),
    );
  });
});
