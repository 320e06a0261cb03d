import { expect, it } from 'vitest';
import { z } from 'zod';
import { differingKeys, mayChangeOnTheWay, paramsFingerprint } from '../../src/params/fingerprint.ts';
import { paramsSchema } from '../../src/params/schema.ts';
import { testParams } from '../support/test-params.ts';

/** Sections and keys of which no number of a run follows, or which the data's hash covers. */
const WITHOUT_PART = [
  ...['device', 'paths.', 'tracking.', 'inference.'],
  ...['data.source', 'data.path', 'data.hub.', 'data.custom', 'data.custom_valid', 'data.split.'],
  ...['data.doctor.', 'data.synthetic.', 'data.min_area', 'data.workers'],
  ...['train.checkpoint.', 'train.memory.', 'train.spike_factor'],
];
const isWithoutPart = (key: string) =>
  WITHOUT_PART.some((part) => (part.endsWith('.') ? key.startsWith(part) : key === part));

/** Every key of the schema that is no section. */
function leavesOf(schema: z.core.$ZodType, path: string[] = []): string[] {
  if (!(schema instanceof z.ZodObject)) return [path.join('.')];
  return Object.entries<z.core.$ZodType>(schema.shape).flatMap(([key, below]) =>
    leavesOf(below, [...path, key]),
  );
}

function withChanged(key: string): ReturnType<typeof testParams> {
  const params = structuredClone(testParams('folder'));
  const path = key.split('.');
  const last = path.pop()!;
  let section = params as unknown as Record<string, unknown>;
  for (const part of path) section = section[part] as Record<string, unknown>;
  const before = section[last];
  section[last] = Array.isArray(before) ? [...before, 'more'] : `not ${String(before)}`;
  return params;
}

const keys = leavesOf(paramsSchema);
const before = paramsFingerprint(testParams('folder'));

it('knows all keys of the params', () => {
  expect(keys.length).toBeGreaterThan(140);
  const deciding = keys.filter((key) => !isWithoutPart(key));
  expect(Object.keys(before)).toEqual(deciding.toSorted((a, b) => (a < b ? -1 : 1)));
});

it.each(keys.filter((key) => !isWithoutPart(key)))('differs where %s differs', (key) => {
  expect(differingKeys(before, paramsFingerprint(withChanged(key)))).toEqual([key]);
});

it.each(keys.filter(isWithoutPart))('is the same whatever %s is', (key) => {
  expect(paramsFingerprint(withChanged(key))).toEqual(before);
});

it('takes a key that the other does not know for a difference', () => {
  const { 'loss.dice_weight': _, ...older } = before;
  expect(differingKeys(before, older)).toEqual(['loss.dice_weight']);
  expect(differingKeys(older, before)).toEqual(['loss.dice_weight']);
});

it('lets keys of duration and of conduct in trouble change on the way, and no other', () => {
  expect(keys.filter(mayChangeOnTheWay)).toEqual([
    'train.epochs',
    'train.max_minutes',
    'train.patience',
    'train.transfer.freeze.epochs',
    'train.transfer.fine_tune.epochs',
    'train.non_finite.action',
    'train.non_finite.most',
    'train.non_finite.rate_factor',
  ]);
});
