/**
 * Which params decide the numbers of a training run, so that a checkpoint is gone on with only where they are the same.
 */
import type { Params } from './schema.ts';

/** Keys and their values. */
export type ParamsFingerprint = Readonly<Record<string, unknown>>;

/**
 * Sections and keys that decide no number of a run: where things lie, on what it runs, what is told of it, and how it is
 * kept. What the prepared data was made by is told by the data's own hash.
 */
const WITHOUT_PART: readonly string[] = [
  ...['paths', 'device', 'tracking', 'inference'],
  ...[
    'source',
    'path',
    'hub',
    'custom',
    'custom_valid',
    'split',
    'doctor',
    'synthetic',
    'min_area',
    'workers',
  ].map((key) => `data.${key}`),
  ...['train.checkpoint', 'train.memory', 'train.spike_factor'],
];

/** Keys that say how long a run goes on and what it does in trouble: with others, a run that was begun is still the same one. */
const MAY_CHANGE_ON_THE_WAY: readonly string[] = [
  ...['train.epochs', 'train.max_minutes', 'train.patience'],
  ...['train.transfer.freeze.epochs', 'train.transfer.fine_tune.epochs'],
  'train.non_finite',
];

/** The params that decide the numbers, dotted, sorted: `{ "augment.blur": 0, ... }`. */
export function paramsFingerprint(params: Params): ParamsFingerprint {
  const entries = [...leavesOf(params, [])].filter(
    ([key]) => !WITHOUT_PART.some((part) => isPartOf(key, part)),
  );
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The keys that do not have the same value in both, sorted. */
export function differingKeys(a: ParamsFingerprint, b: ParamsFingerprint): string[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort((one, other) =>
    one < other ? -1 : 1,
  );
  return keys.filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
}

/** Whether a run can go on as itself with another value of this key. */
export function mayChangeOnTheWay(key: string): boolean {
  return MAY_CHANGE_ON_THE_WAY.some((part) => isPartOf(key, part));
}

/** Values that are no sections; a list is one value. */
function* leavesOf(value: unknown, path: readonly string[]): Generator<[key: string, value: unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield [path.join('.'), value];
    return;
  }
  for (const [key, below] of Object.entries(value)) yield* leavesOf(below, [...path, key]);
}

function isPartOf(key: string, section: string): boolean {
  return key === section || key.startsWith(`${section}.`);
}
