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
    const line = jsonLine('suite', machine, { results });
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

const outcome = {
  results: [{ ...results[0]!, against: 'rival', limit: 0.5 }],
  contestants: [
    { name: 'a', unit: 's', values: [1, 2, 3, 4, 9], facts: { first_loss: 0.5 } },
    { name: 'b', unit: 's', values: [7], facts: { first_loss: null, spare: 1 } },
  ],
  curve: [{ step: 50, mebibytes: 7 }],
  notes: ['c could not take part'],
};

describe('jsonLine of several contestants', () => {
  it('has the rival, the limit, the quartiles and the facts of each, the curve and the notes', () => {
    const { results: rows, contestants, curve, notes } = JSON.parse(jsonLine('suite', machine, outcome));
    expect(rows[0]).toMatchObject({ against: 'rival', limit: 0.5, ratio: 0.25 });
    const spread = { median: 3, lower_quartile: 2, upper_quartile: 4, min: 1, max: 9, rounds: 5 };
    expect(contestants[0]).toEqual({ name: 'a', unit: 's', ...spread, first_loss: 0.5 });
    expect(contestants[1]).toMatchObject({ median: 7, lower_quartile: 7, rounds: 1, first_loss: null });
    expect([curve, notes]).toEqual([outcome.curve, outcome.notes]);
  });
});

describe('table', () => {
  it('lists contestants with their quartiles below the results, and notes last', () => {
    expect(table('suite', machine, outcome).split('\n').slice(1)).toEqual([
      'suite               ours (min-max)   peer (min-max)  unit  ours / peer',
      'time against rival  0.25 (0.2-0.75)  1 (0.5-3)       s     0.25 (limit 0.5)',
      '',
      'contestant  median (quartiles)  unit  first loss  spare',
      'a           3 (2-4)             s     0.5         -',
      'b           7 (7-7)             s     -           1',
      'note: c could not take part',
    ]);
  });

  it('has columns with median and spread', () => {
    expect(table('suite', machine, { results }).split('\n')).toEqual([
      'Model, 2 cores, 8 GiB, GPU, Linux x64, Node 24.1.0',
      'suite   ours (min-max)       peer (min-max)  unit  ours / peer',
      'time    0.25 (0.2-0.75)      1 (0.5-3)       s     0.25',
      'memory  123.5 (123.5-123.5)  -               MiB   -',
    ]);
  });
});
