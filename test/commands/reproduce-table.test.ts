import { describe, expect, it } from 'vitest';
import { formatReproduction } from '../../src/commands/reproduce-table.ts';
import type { FinishedRun } from '../../src/reproduce/finished-run.ts';
import { type Reproduction, summarize } from '../../src/reproduce/summarize.ts';
import { finishedRun, headline } from '../reproduce/finished-runs.ts';

function reproduction(runs: FinishedRun[], more: Partial<Reproduction> = {}): Reproduction {
  const known = { deterministic: false, max_minutes: null, data_hash: 'd', file: 'spread.json' };
  return { ...summarize(runs, known), ...more };
}

const linesOf = (runs: FinishedRun[], more: Partial<Reproduction> = {}) =>
  formatReproduction(reproduction(runs, more)).split('\n');

const of = (seed: number, mask_ap50: number | null) =>
  finishedRun({ seed, valid: headline({ mask_ap50 }), test: headline({ mask_ap50 }) });

describe('formatReproduction', () => {
  it('has a row for each run and each figure', () => {
    const lines = linesOf([of(17, 0.25), of(18, 0.5), of(19, 0.75)]);
    const cells = lines.map((line) => line.trim().split(/\s{2,}/));
    expect(cells).toContainEqual(['seed 18', '8', 'epoch 7', '400', '1.5', '0.500', '0.500', '181818181818']);
    expect(cells).toContainEqual(['On test', 'mean', 'deviation', 'min', 'max']);
    expect(cells).toContainEqual(['mask mAP50', '0.500', '0.250', '0.250', '0.750']);
    expect(lines.join(' ')).toContain('the true one lies between 0.52 and 6.3 times it');
    expect(lines.at(-1)).toBe('All of it: spread.json');
  });

  it('tells over how many runs a figure has its spread where some have none', () => {
    const cells = linesOf([of(17, 0.25), of(18, null), of(19, 0.75)]).map((line) =>
      line.trim().split(/\s{2,}/),
    );
    expect(cells).toContainEqual(['mask mAP50', '0.500', '0.354', '0.250', '0.750', '2']);
    expect(cells).toContainEqual(['mask mAP', '0.500', '0.000', '0.500', '0.500', '3']);
  });

  it('leaves the repeated run out of the spread', () => {
    const runs = [of(17, 0.25), of(18, 0.75), { ...of(17, 1), again: true }];
    const text = linesOf(runs).join('\n');
    expect(text).toMatch(/mask mAP50 +0\.500 +0\.354 +0\.250 +0\.750$/m);
    expect(text).toContain('seed 17 again');
    expect(text).toContain('the true one lies between 0.45 and 31.9 times it');
  });

  it.each([
    [{ deterministic: true }, 'on one machine they ought to be equal'],
    [{ deterministic: false }, 'train.deterministic is false'],
    [{ deterministic: true, max_minutes: 5 }, 'train.max_minutes ends runs by the clock'],
  ])('names the reason where weights differ: %j', (more, reason) => {
    const again = { ...of(17, 0.5), again: true, weights_sha256: 'other' };
    const text = linesOf([of(17, 0.25), again], more).join('\n');
    expect(text).toContain('the weights differ.');
    expect(text).toContain(
      'The figure that differs most: mask mAP50 by 0.2500 on valid, mask mAP50 by 0.2500 on test.',
    );
    expect(text).toContain(reason);
    expect(text).not.toContain('standard deviation');
  });

  it('says that weights are equal, and of figures nothing', () => {
    const text = linesOf([of(17, 0.25), { ...of(17, 0.25), again: true }]).join('\n');
    expect(text).toContain('Twice with seed 17: equal bit by bit, the best models and all');
    expect(text).not.toContain('differs most');
  });

  it('shows runs without a model', () => {
    const none = finishedRun({ seed: 17, best_epoch: null, model_sha256: null, valid: null });
    const lines = linesOf([none, { ...none, seed: 18 }]);
    expect(lines[1]!.trim().split(/\s{2,}/)).toEqual(['seed 17', '8', '-', '400', '1.5', '-', '-', '-']);
  });

  it('warns of runs that the clock has ended', () => {
    const runs = [of(17, 0.25), of(18, 0.75)];
    expect(linesOf(runs, { max_minutes: 5 }).join(' ')).toContain(
      'part of the spread is how fast the machine was',
    );
    expect(linesOf(runs).join(' ')).not.toContain('machine');
  });
});
