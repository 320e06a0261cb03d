import { describe, expect, it } from 'vitest';
import { jsonLine, table } from '../../../scripts/bench/output.ts';
import { compare } from '../../../scripts/bench/suite.ts';

const machine = { cpu: 'Model', cores: 2, memory_gib: 8, gpus: ['GPU'], system: 'Linux x64', node: '24.1.0' };
const results = [
  compare({ name: 'time', unit: 's' }, [0.25, 0.2, 0.75], [1, 0.5, 3]),
  compare({ name: 'memory', unit: 'MiB' }, [123.456], null),
];

describe('jsonLine', () => {
  it('is one line with the medians, and null for what is undefined', () => {
    const line = jsonLine('suite', machine, results);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      suite: 'suite',
      machine,
      results: [
        { name: 'time', ours: 0.25, peer: 1, unit: 's', ratio: 0.25 },
        { name: 'memory', ours: 123.456, peer: null, unit: 'MiB', ratio: null },
      ],
    });
  });
});

describe('table', () => {
  it('has columns with median and spread', () => {
    expect(table('suite', machine, results).split('\n')).toEqual([
      'Model, 2 cores, 8 GiB, GPU, Linux x64, Node 24.1.0',
      'suite   ours (min-max)       peer (min-max)  unit  ours / peer',
      'time    0.25 (0.2-0.75)      1 (0.5-3)       s     0.25',
      'memory  123.5 (123.5-123.5)  -               MiB   -',
    ]);
  });
});
