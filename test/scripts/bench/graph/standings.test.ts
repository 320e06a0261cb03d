import { describe, expect, it } from 'vitest';
import {
  assertSameWork,
  isEager,
  isNamedPyTorch,
  isPyTorch,
  type Race,
  rowsOf,
  standing,
  unnamedRival,
} from '../../../../scripts/bench/graph/standings.ts';

const measured = (ms: number, loss: number, loaded: object = {}) => ({
  loaded: JSON.stringify({ parameters: 7, ...loaded }),
  seconds: [ms / 1000, ms / 1000, 1],
  firstOutput: loss,
  output: loss / 2,
  peakMebibytes: 100,
});
const RACE: Race = {
  'net/eager': measured(500, 2),
  'net/compiled-bfloat16': measured(100, 2.01),
  'net/pytorch-float32': measured(300, 2.4, { reference_loss: 2.0001 }),
  'net/pytorch-bfloat16': measured(80, 2.4, { reference_loss: 2.0001 }),
  'net/pytorch-bfloat16-channels-last': measured(200, 2.4, { reference_loss: 2.0001 }),
};

describe('standing', () => {
  it('divides by the fastest of those it is held against', () => {
    expect(standing(RACE, 'net/compiled-bfloat16', isNamedPyTorch, 0.95)).toMatchObject({
      name: 'net/compiled-bfloat16',
      unit: 'ms',
      ours: { median: 100 },
      peer: { median: 200 },
      ratio: 0.5,
      against: 'net/pytorch-bfloat16-channels-last',
      limit: 0.95,
    });
    expect(standing(RACE, 'net/compiled-bfloat16', isEager).ratio).toBeCloseTo(0.2, 9);
  });

  it('has no ratio where none of those takes part', () => {
    const { 'net/eager': eager, 'net/compiled-bfloat16': compiled } = RACE;
    const alone = { 'net/eager': eager!, 'net/compiled-bfloat16': compiled! };
    const result = standing(alone, 'net/compiled-bfloat16', isPyTorch, 0.95);
    expect(result).toMatchObject({ peer: null, ratio: null, limit: 0.95 });
    expect(result).not.toHaveProperty('against');
  });
});

describe('unnamedRival', () => {
  it('owns up to a faster form of PyTorch', () => {
    expect(unnamedRival(RACE, 'net/compiled-bfloat16')).toEqual([
      expect.stringMatching(/^net\/pytorch-bfloat16 is .* net\/compiled-bfloat16 takes 1\.25 of its time$/),
    ]);
  });

  it('says nothing where a named form is the fastest, or PyTorch is missing', () => {
    const { 'net/pytorch-bfloat16': _, ...others } = RACE;
    expect(unnamedRival(others, 'net/compiled-bfloat16')).toEqual([]);
    expect(unnamedRival({ 'net/eager': RACE['net/eager']! }, 'net/eager')).toEqual([]);
  });
});

describe('rowsOf', () => {
  it('shows what each computed, and its ratio to the best of PyTorch and of eager', () => {
    const rows = rowsOf(RACE);
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(RACE));
    expect(rows[1]!.values[0]).toBeCloseTo(100, 9);
    expect(rows[1]!.facts).toEqual({
      ratio_to_best_pytorch: 1.25,
      ratio_to_best_eager: 0.2,
      peak_mebibytes: 100,
      parameters: 7,
      reference_loss: null,
      first_loss: 2.01,
      last_loss: 1.005,
    });
  });
});

describe('assertSameWork', () => {
  it('allows rounding, and more of it in bfloat16', () => {
    expect(() => assertSameWork(RACE)).not.toThrow();
  });

  it.each([
    ['another loss in float32', 'net/compiled-float32', measured(1, 2.01)],
    ['another loss in bfloat16', 'net/compiled-bfloat16', measured(1, 2.1)],
    ['a loss that is no number', 'net/compiled-float32', measured(1, Number.NaN)],
    ['other weights', 'net/compiled-float32', measured(1, 2, { parameters: 8 })],
    ['another reference loss', 'net/pytorch-bfloat16', measured(1, 2, { reference_loss: 2.02 })],
  ])('refuses %s', (_, name, wrong) => {
    expect(() => assertSameWork({ ...RACE, [name]: wrong })).toThrow(
      `${name} does not do the work of net/eager`,
    );
  });
});
