import { describe, expect, it } from 'vitest';
import { contestantsOf } from '../../../../scripts/bench/graph/contestants.ts';

const python = { prototype: 'python-with-torch', 'own-model': null };

describe('contestantsOf', () => {
  it('lets PyTorch take part where its Python is known', () => {
    const prototype = contestantsOf('prototype', { bfloat16: true, python });
    expect(Object.keys(prototype)).toEqual([
      'prototype/eager',
      'prototype/compiled-float32',
      'prototype/compiled-bfloat16',
      'prototype/pytorch-float32',
      'prototype/pytorch-bfloat16',
      'prototype/pytorch-bfloat16-channels-last',
    ]);
    const peer = prototype['prototype/pytorch-bfloat16-channels-last']!;
    expect([peer[0], ...peer.slice(2)]).toEqual([
      'python-with-torch',
      'prototype',
      'bfloat16',
      'channels-last',
    ]);
    expect(Object.keys(contestantsOf('own-model', { bfloat16: true, python }))).toHaveLength(3);
  });

  it('holds float32 against float32 on a CPU without bfloat16', () => {
    expect(Object.keys(contestantsOf('prototype', { bfloat16: false, python }))).toEqual([
      'prototype/eager',
      'prototype/compiled-float32',
      'prototype/pytorch-float32',
    ]);
  });
});
