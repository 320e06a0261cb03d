import { describe, expect, it } from 'vitest';
import type { FaultCase } from '../../../src/data/doctor/examination.ts';
import { worstCases } from '../../../src/data/doctor/fault-cases.ts';
import type { FindingKind } from '../../../src/data/findings.ts';

function caseOf(kind: FindingKind, severity: number, image: string): FaultCase {
  return {
    finding: {
      ...{ kind, split: 'train', origin: 'hub', image, entry: null, detail: '', treatment: 'repaired' },
    },
    severity,
    picture: { file: image, name: image, split: 'train', width: 9, height: 9 },
    ...{ other: null, before: [], after: [] },
  };
}

describe('worstCases', () => {
  it('keeps twelve of each kind, the worst first, and the first of equals first', () => {
    const many = Array.from({ length: 20 }, (_, i) => caseOf('building_clipped', i % 10, `${i}.png`));
    const worst = worstCases([...many, caseOf('image_leak', 0, 'leak.png')]);
    expect(worst.map(({ picture }) => picture.name)).toEqual([
      ...['9.png', '19.png', '8.png', '18.png', '7.png', '17.png'],
      ...['6.png', '16.png', '5.png', '15.png', '4.png', '14.png', 'leak.png'],
    ]);
  });

  it('is empty for none', () => {
    expect(worstCases([])).toEqual([]);
  });
});
