import { describe, expect, it } from 'vitest';
import { eachSet } from '../../src/commands/each-set.ts';

const spread = (line: string) => eachSet(line.split(' ')).join(' ');

describe('eachSet', () => {
  it.each([
    ['train --set a=1 b.c=2 d=[1,2]', 'train --set a=1 --set b.c=2 --set d=[1,2]'],
    ['train --set a=1 --set b=2', 'train --set a=1 --set b=2'],
    ['train --set a=1 b=2 --json --set c=3', 'train --set a=1 --set b=2 --json --set c=3'],
    ['train --set=a=1 b=2', 'train --set=a=1 --set b=2'],
    ['train --set a=1 b=2 --params p.yaml c=3', 'train --set a=1 --set b=2 --params p.yaml c=3'],
    ['train --set now b=2', 'train --set now --set b=2'],
  ])('%s', (line, expected) => {
    expect(spread(line)).toBe(expected);
  });

  it.each([
    'doctor data --set a=1 data/custom',
    'doctor data --set a=1 ./b=2',
    'doctor data b=2',
    'compare x=1 y=2',
    'train --set --json',
    'train --set --set a=1',
    'train --set',
    'train -- --set a=1 b=2',
    'train --set a=1 -- b=2',
  ])('leaves %s as it is', (line) => {
    expect(spread(line)).toBe(line);
  });

  it('takes no arguments at all', () => {
    expect(eachSet([])).toEqual([]);
  });
});
