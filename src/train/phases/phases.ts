/**
 * The stretches of a training run: one for `custom`; for `transfer` first Freeze, then Fine-Tune, as Mask R-CNN has been
 * transferred since its first public implementations (matterport: heads → 4+ → all).
 */
import type { RateMultiples } from '../../graph/optimizers/optimizer.ts';
import type { Params } from '../../params/schema.ts';

/** A stretch of training in which the same weights learn by one schedule. */
export interface Phase {
  name: 'train' | 'freeze' | 'fine_tune';
  /** The figure `phase` in metrics, the same in every run: train 0, freeze 1, fine_tune 2. */
  number: number;
  /** Passes over the training split, >= 1. */
  epochs: number;
  rates: Rates;
  /** Of the weights with these names, those that learn, and at which multiples of the learning rate. */
  multiples(names: Iterable<string>): RateMultiples;
}

/** Its name for people. */
export function labelOf(name: Phase['name']): string {
  return name === 'train' ? 'training' : name.replace('_', '-');
}

/** Passes of all these phases. */
export function epochsOf(phases: readonly Phase[]): number {
  return phases.reduce((sum, { epochs }) => sum + epochs, 0);
}

/** Passes of the whole run. @param state its phase under way, and the epochs that were behind when that began */
export function epochsOfRun(
  phases: readonly Phase[],
  { phase: under, epochsBeforePhase }: { phase: Phase['name']; epochsBeforePhase: number },
): number {
  return epochsBeforePhase + epochsOf(phases.slice(phases.findIndex(({ name }) => name === under)));
}

/** As the keys of params are named. */
type Rates = Pick<Params['train'], 'learning_rate' | 'min_learning_rate' | 'warmup_steps'>;

/** Parts of a backbone from the top. */
const BACKBONE_PARTS = ['stage5', 'stage4', 'stage3', 'stage2', 'stem'].map((part) => `backbone.${part}.`);

const BACKBONE = 'backbone.';

/** Scale and shift of a norm. */
const NORM = /\.(scale|shift)$/;

/** The phases of `train.model_type`, in order; those of no epochs are left out. */
export function phasesOf({ train }: Pick<Params, 'train'>): Phase[] {
  const { freeze, fine_tune: fineTune } = train.transfer;
  if (train.model_type === 'custom') {
    return [{ name: 'train', number: 0, epochs: train.epochs, rates: train, multiples: allAlike }];
  }
  const phases: Phase[] = [
    { name: 'freeze', number: 1, epochs: freeze.epochs, rates: freeze, multiples: withBackbone(() => 0) },
    {
      name: 'fine_tune',
      number: 2,
      epochs: fineTune.epochs,
      rates: fineTune,
      multiples: withBackbone((name) => fineTuneMultiple(name, fineTune)),
    },
  ];
  return phases.filter(({ epochs }) => epochs > 0);
}

const allAlike: Phase['multiples'] = (names) => new Map([...names].map((name) => [name, 1]));

/** Multiples of the learning rate by groups of weights that share one. */
export type RateGroups = { base: number } & Record<string, number>;

/**
 * What the learning rate of a phase is multiplied by: `base`, 1, for all that learns at the rate itself, and each part of
 * the backbone that learns at another, from the top: `{ base: 1, stage5: 0.8, stage4: 0.64 }`. What stands still is in no
 * group.
 */
export function rateGroups(phase: Pick<Phase, 'multiples'>, names: Iterable<string>): RateGroups {
  const multiples = [...phase.multiples(names)];
  const groups: RateGroups = { base: 1 };
  for (const part of BACKBONE_PARTS) {
    const multiple = multiples.find(([name]) => name.startsWith(part))?.[1];
    if (multiple !== undefined && multiple !== 1) groups[part.slice(BACKBONE.length, -1)] = multiple;
  }
  return groups;
}

/** All but the backbone learns at the rate itself. @param multiple of a weight of the backbone; 0 = it stands still */
function withBackbone(multiple: (name: string) => number): Phase['multiples'] {
  return (names) => {
    const all = [...names].map((name) => [name, name.startsWith(BACKBONE) ? multiple(name) : 1] as const);
    return new Map(all.filter(([, value]) => value > 0));
  };
}

/**
 * Layer-wise decay: the deeper below the heads, the slower. Howard & Ruder 2018, §3.2 ("discriminative fine-tuning")
 * — https://arxiv.org/abs/1801.06146
 */
function fineTuneMultiple(name: string, fineTune: Params['train']['transfer']['fine_tune']): number {
  if (NORM.test(name) && !fineTune.train_norms) return 0;
  const depth = BACKBONE_PARTS.findIndex((part) => name.startsWith(part));
  if (depth < 0) throw new Error(`${name} belongs to no known part of a backbone`);
  return depth < fineTune.stages ? fineTune.layer_decay ** (depth + 1) : 0;
}
