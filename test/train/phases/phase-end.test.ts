import { expect, it } from 'vitest';
import { initialState, type RunState } from '../../../src/train/checkpoint/run-state.ts';
import { isPhaseOver, sayPhaseEnd, timeUsed } from '../../../src/train/phases/phase-end.ts';
import { type Phase, phasesOf } from '../../../src/train/phases/phases.ts';
import { testParams } from '../../support/test-params.ts';

const base = testParams('');

function running(
  state: Partial<RunState>,
  { seconds = 0, phase = 0, ...train }: Partial<typeof base.train> & { seconds?: number; phase?: number },
) {
  const params = { ...base, train: { ...base.train, ...train } };
  const phases: Phase[] = phasesOf(params);
  const lines: string[] = [];
  const progress = { update: () => {}, line: (text: string) => void lines.push(text), stop: () => {} };
  const all = {
    ...initialState({ phase: 'train', pretrained: null, batchSize: 8, trackingId: null }),
    ...state,
  };
  return {
    lines,
    ...{ phase: phases[phase]!, run: { params, phases, state: all, seconds: () => seconds, progress } },
  };
}

it.each<[over: boolean, state: Partial<RunState>, given: Parameters<typeof running>[1]]>([
  [false, { epoch: 3 }, { epochs: 3 }],
  [true, { epoch: 4 }, { epochs: 3 }],
  [false, { epoch: 4, updates: 1 }, { epochs: 3 }],
  [false, { epoch: 4, epochsBeforePhase: 1 }, { epochs: 3 }],
  // Whatever the time: one pass is made.
  [false, { epoch: 1 }, { max_minutes: 1, seconds: 999 }],
  [false, { epoch: 2, updates: 1 }, { max_minutes: 1, seconds: 999 }],
  [true, { epoch: 2 }, { max_minutes: 1, seconds: 60 }],
  [false, { epoch: 2 }, { max_minutes: 1, seconds: 59 }],
  [true, { epoch: 4, validationsWithoutGain: 3 }, { patience: 3 }],
  [false, { epoch: 4, validationsWithoutGain: 2 }, { patience: 3 }],
  [false, { epoch: 4, validationsWithoutGain: 7 }, { patience: null }],
])('is over: %s with %j and %j', (over, state, given) => {
  expect(isPhaseOver(running(state, given))).toBe(over);
});

it('gives each phase its share of what was left of the time when it began', () => {
  // Freeze has 3 of 8 epochs.
  const transfer = { model_type: 'transfer' as const, max_minutes: 8 };
  expect(timeUsed(running({}, { ...transfer, seconds: 90 }))).toBeCloseTo(0.5, 10);
  const second = { phase: 'fine_tune' as const, secondsBeforePhase: 200 };
  expect(timeUsed(running(second, { ...transfer, phase: 1, seconds: 340 }))).toBeCloseTo(0.5, 10);
  expect(timeUsed(running({}, { max_minutes: null, seconds: 1e9 }))).toBe(0);
});

it('says why, unless it is for the epochs', () => {
  const said = (...given: Parameters<typeof running>) => {
    const phase = running(...given);
    sayPhaseEnd(phase);
    return phase.lines;
  };
  expect(said({ epoch: 9 }, { epochs: 8 })).toEqual([]);
  expect(said({ epoch: 2 }, { max_minutes: 1, seconds: 60 })).toEqual([
    'Stopped: train.max_minutes (1) is over',
  ]);
  const transfer = { model_type: 'transfer' as const };
  expect(said({ epoch: 2 }, { ...transfer, max_minutes: 1, seconds: 60 })).toEqual([
    'Phase freeze ends: its share of train.max_minutes (1) is over',
  ]);
  expect(said({ epoch: 2, validationsWithoutGain: 1 }, { ...transfer, patience: 1 })).toEqual([
    'Phase freeze ends: as many validations as train.patience (1) brought no better model',
  ]);
});
