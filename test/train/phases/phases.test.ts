import { describe, expect, it } from 'vitest';
import type { Params } from '../../../src/params/schema.ts';
import { phasesOf, rateGroups } from '../../../src/train/phases/phases.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const NAMES = [
  'backbone.stem.conv1.kernel',
  'backbone.stem.norm1.scale',
  'backbone.stage2.block0.conv1.kernel',
  'backbone.stage4.block0.conv1.kernel',
  'backbone.stage4.block0.norm1.shift',
  'backbone.stage5.block0.conv1.kernel',
  'fpn.lateral2.norm.scale',
  'mask.logits.kernel',
];

type Transfer = Params['train']['transfer'];

function transferPhases(
  fineTune: Partial<Transfer['fine_tune']> = {},
  freeze: Partial<Transfer['freeze']> = {},
) {
  const { train } = tinyParams();
  Object.assign(train.transfer.fine_tune, fineTune);
  Object.assign(train.transfer.freeze, freeze);
  return phasesOf({ train: { ...train, model_type: 'transfer' } });
}

const learning = (phase: ReturnType<typeof transferPhases>[number]) =>
  Object.fromEntries(phase.multiples(NAMES));

describe('phasesOf', () => {
  it('is one phase for custom, in which all learns alike, by the rates of train itself', () => {
    const { train } = tinyParams();
    const phases = phasesOf({ train });
    expect(phases).toMatchObject([{ name: 'train', number: 0, epochs: train.epochs, rates: train }]);
    expect(learning(phases[0]!)).toEqual(Object.fromEntries(NAMES.map((name) => [name, 1])));
  });
  it('first keeps the whole backbone as it is, its norms too', () => {
    const [freeze] = transferPhases();
    expect(freeze).toMatchObject({ name: 'freeze', number: 1 });
    expect(learning(freeze!)).toEqual({ 'fpn.lateral2.norm.scale': 1, 'mask.logits.kernel': 1 });
  });
  it('then lets parts learn from the top, each slower than the one above', () => {
    const [, fineTune] = transferPhases({ stages: 2, layer_decay: 0.5 });
    expect(fineTune).toMatchObject({ name: 'fine_tune', number: 2 });
    expect(learning(fineTune!)).toEqual({
      'backbone.stage5.block0.conv1.kernel': 0.5,
      'backbone.stage4.block0.conv1.kernel': 0.25,
      'fpn.lateral2.norm.scale': 1,
      'mask.logits.kernel': 1,
    });
  });
  it('lets norms learn where that is asked for, at the rate of their part', () => {
    const [, fineTune] = transferPhases({ stages: 5, layer_decay: 0.5, train_norms: true });
    expect(learning(fineTune!)).toMatchObject({
      'backbone.stem.norm1.scale': 1 / 32,
      'backbone.stage4.block0.norm1.shift': 0.25,
    });
  });
  it('lets no part learn with 0 stages', () => {
    const [freeze, fineTune] = transferPhases({ stages: 0 });
    expect(learning(fineTune!)).toEqual(learning(freeze!));
  });
  it('leaves out a phase of no epochs', () => {
    expect(transferPhases({}, { epochs: 0 }).map(({ name, number }) => [name, number])).toEqual([
      ['fine_tune', 2],
    ]);
    expect(transferPhases({ epochs: 0 }).map(({ name }) => name)).toEqual(['freeze']);
  });
});

describe('rateGroups', () => {
  const groups = (phase: ReturnType<typeof transferPhases>[number]) => rateGroups(phase, NAMES);
  it('is one group where all learns alike, and where the backbone stands still', () => {
    const { train } = tinyParams();
    expect(groups(phasesOf({ train })[0]!)).toEqual({ base: 1 });
    expect(groups(transferPhases()[0]!)).toEqual({ base: 1 });
    expect(groups(transferPhases({ stages: 5, layer_decay: 1 })[1]!)).toEqual({ base: 1 });
  });
  it('names the parts of the backbone that learn more slowly, from the top', () => {
    const fineTune = transferPhases({ stages: 3, layer_decay: 0.5 })[1]!;
    // Stage 3 has no weight here, stage 2 and the stem stand still.
    expect(Object.entries(groups(fineTune))).toEqual([
      ['base', 1],
      ['stage5', 0.5],
      ['stage4', 0.25],
    ]);
  });
  it('is the same whether norms learn or not', () => {
    const stages = { stages: 5, layer_decay: 0.5 };
    const [frozen, learning] = [false, true].map((train_norms) =>
      groups(transferPhases({ ...stages, train_norms })[1]!),
    );
    expect(frozen).toEqual({ base: 1, stage5: 0.5, stage4: 0.25, stage2: 1 / 16, stem: 1 / 32 });
    expect(learning).toEqual(frozen);
  });
});
