import { UserError } from '../../../src/system/errors.ts';
import { type Contestant, compare, median, type Result } from '../suite.ts';
import type { Measured } from '../turns.ts';

/** Contestants by name, all of one network. */
export type Race = Readonly<Record<string, Measured>>;

/** What a worker says when it has loaded. */
interface Loaded {
  parameters: number;
  /** Loss in float32 before the first step, computed as ours is; only PyTorch's, where its timed form pads differently. */
  reference_loss?: number;
}

/** Largest difference between first losses, relative: float32 differs by rounding, bfloat16 has 8 bits. */
const TOLERANCES = { float32: 1e-3, bfloat16: 3e-2 };
const MS = 1000;

/** Whether a name is PyTorch's, PyTorch's in a form that issue 4 names, or ours op by op. */
export const isPyTorch = (name: string) => name.includes('/pytorch');
export const isNamedPyTorch = (name: string) => /\/pytorch-(float32|bfloat16-channels-last)$/.test(name);
export const isEager = (name: string) => name.endsWith('/eager');

/** @returns the fastest of those that `belongs` names; null where none takes part */
function bestOf(race: Race, belongs: (name: string) => boolean): string | null {
  const names = Object.keys(race).filter(belongs);
  const fastest = names.toSorted((a, b) => median(race[a]!.seconds) - median(race[b]!.seconds));
  return fastest[0] ?? null;
}

/** One contestant's time against the best of some others. @param limit what the ratio must not surpass */
export function standing(
  race: Race,
  name: string,
  against: (name: string) => boolean,
  limit?: number,
): Result {
  const rival = bestOf(race, against);
  const peer = rival === null ? null : milliseconds(race[rival]!);
  return {
    ...compare({ name, unit: 'ms' }, milliseconds(race[name]!), peer),
    ...(rival === null ? {} : { against: rival }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** Says so where PyTorch is faster in a form that issue 4 does not name; else says nothing. */
export function unnamedRival(race: Race, name: string): string[] {
  const [fastest, named] = [bestOf(race, isPyTorch), bestOf(race, isNamedPyTorch)];
  if (fastest === null || fastest === named) return [];
  const ratio = median(race[name]!.seconds) / median(race[fastest]!.seconds);
  return [
    `${fastest} is no form that issue 4 names, but faster here than those: ${name} takes ${ratio.toFixed(2)} of its time`,
  ];
}

/** A row for each, with what it computed and how it stands to the best of both others. */
export function rowsOf(race: Race): Contestant[] {
  const ratioTo = (name: string, belongs: (name: string) => boolean) => {
    const rival = bestOf(race, belongs);
    return rival === null ? null : median(race[name]!.seconds) / median(race[rival]!.seconds);
  };
  return Object.entries(race).map(([name, measured]) => {
    const { parameters, reference_loss = null } = loadedOf(measured);
    return {
      name,
      unit: 'ms',
      values: milliseconds(measured),
      facts: {
        ratio_to_best_pytorch: ratioTo(name, isPyTorch),
        ratio_to_best_eager: ratioTo(name, isEager),
        peak_mebibytes: measured.peakMebibytes,
        parameters,
        reference_loss,
        first_loss: measured.firstOutput as number,
        last_loss: measured.output as number,
      },
    };
  });
}

/**
 * Contestants that do something else are no measure.
 * @throws UserError where one has another number of weights, or another loss before its first step
 */
export function assertSameWork(race: Race): void {
  const [ours, ...others] = Object.keys(race) as [string, ...string[]];
  const expected = { parameters: loadedOf(race[ours]!).parameters, loss: firstLoss(race[ours]!) };
  for (const name of others) {
    const { parameters } = loadedOf(race[name]!);
    const loss = firstLoss(race[name]!);
    // PyTorch's reference is computed in float32 also where its steps are not.
    const low = name.includes('bfloat16') && !isPyTorch(name);
    const tolerance = TOLERANCES[low ? 'bfloat16' : 'float32'];
    const differs = !(Math.abs(loss - expected.loss) <= tolerance * Math.abs(expected.loss));
    if (parameters === expected.parameters && !differs) continue;
    throw new UserError(
      `${name} does not do the work of ${ours}: ${parameters} weights and first loss ${loss}, ` +
        `expected ${expected.parameters} and ${expected.loss} within ${100 * tolerance} %`,
    );
  }
}

function firstLoss(measured: Measured): number {
  return loadedOf(measured).reference_loss ?? (measured.firstOutput as number);
}

function loadedOf({ loaded }: Measured): Loaded {
  return JSON.parse(loaded) as Loaded;
}

function milliseconds({ seconds }: Measured): number[] {
  return seconds.map((value) => value * MS);
}
