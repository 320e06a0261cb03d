import type { z } from 'zod';

/** One thing that is wrong with the params: the key and what is to be said of it. */
export interface Fault {
  path: readonly string[];
  kind: 'unknown' | 'missing' | 'value';
  /** Goes on from the name of the key: `must be > 0, got -0.001`. */
  text: string;
}

/**
 * What a failed validation says, in the words of `params.yaml`.
 * @param value what was validated
 * @param knownKeys every key and section, dotted, for "did you mean"
 */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  knownKeys: readonly string[],
): Fault[] {
  const faults = issues.flatMap((issue): Fault[] => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey([...path, key], knownKeys));
    }
    return [isMissing(value, path) ? missingKey(path, knownKeys) : wrongValue(issue, path, value)];
  });
  // A misspelled key is one mistake, not two: the key that was meant is not reported as missing too.
  const meant = new Set(
    faults.filter(({ kind }) => kind === 'unknown').map(({ path }) => suggest(path, knownKeys)),
  );
  return faults.filter(({ kind, path }) => !(kind === 'missing' && meant.has(path.join('.'))));
}

/** The fault of a key that the schema does not have. */
export function unknownKey(path: readonly string[], knownKeys: readonly string[]): Fault {
  const suggestion = suggest(path, knownKeys);
  const hint = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`;
  return { path, kind: 'unknown', text: `is not a known key${hint}` };
}

function missingKey(path: readonly string[], knownKeys: readonly string[]): Fault {
  const name = path.at(-1) ?? '';
  const key = path.join('.');
  const section = path.slice(0, -1).join('.');
  const isSection = knownKeys.some((known) => known.startsWith(`${key}.`));
  const line = isSection ? `the section "${name}:"` : `a line "${name}: ..."`;
  return { path, kind: 'missing', text: `is missing; add ${line}${section && ` under ${section}`}` };
}

function wrongValue(issue: z.core.$ZodIssue, path: readonly string[], root: unknown): Fault {
  const text = requirement(issue);
  const got = / got \S/.test(text) ? '' : `, got ${display(valueAt(root, path))}`;
  return { path, kind: 'value', text: text + got };
}

function requirement(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      if (issue.message.startsWith('must')) return issue.message;
      if (issue.origin === 'string' || issue.origin === 'array') return 'must not be empty';
      return `must be ${issue.inclusive ? '>=' : '>'} ${issue.minimum}`;
    case 'too_big':
      if (issue.message.startsWith('must')) return issue.message;
      if (issue.origin === 'array') return `must have at most ${issue.maximum} items`;
      return `must be ${issue.inclusive ? '<=' : '<'} ${issue.maximum}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'invalid_type':
      return issue.expected === 'object' ? 'must be a section with keys of its own' : issue.message;
    default:
      return issue.message;
  }
}

const LONGEST_VALUE = 60;

function display(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function isMissing(root: unknown, path: readonly string[]): boolean {
  const parent = valueAt(root, path.slice(0, -1));
  return typeof parent === 'object' && parent !== null && !Object.hasOwn(parent, path.at(-1) ?? '');
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], root);
}

/** The known key that was probably meant: the same name in another section, else the nearest spelling. */
function suggest(path: readonly string[], knownKeys: readonly string[]): string | undefined {
  const key = path.join('.');
  const name = plain(path.at(-1) ?? '');
  const ranked = knownKeys
    .map((known) => {
      const knownName = plain(known.split('.').at(-1) ?? '');
      const distance = Math.min(
        editDistance(plain(key), plain(known)),
        editDistance(name, knownName) + (sectionOf(known) === sectionOf(key) ? 0 : 0.5),
      );
      return { known, distance };
    })
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  const tolerated = Math.max(1.5, name.length * 0.35);
  return best && best.distance <= tolerated ? best.known : undefined;
}

const sectionOf = (key: string) => key.slice(0, Math.max(0, key.lastIndexOf('.')));
const plain = (key: string) => key.toLowerCase().replaceAll(/[_-]/g, '');

/** Levenshtein distance: insertions, deletions and changes of one character. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
