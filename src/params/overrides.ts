import { parseDocument } from 'yaml';
import { type Fault, unknownKey } from './faults.ts';

/** One `--set KEY=VALUE`. */
export interface Override {
  path: readonly string[];
  value: unknown;
}

/**
 * Reads `KEY=VALUE` texts: dotted key, value in YAML, as in `dvc exp run -S`. Sections are not values: whether their
 * other keys should stay or go would be anybody's guess.
 * @param knownKeys every key and section, dotted
 * @returns what can be applied, and the faults of the rest
 */
export function parseOverrides(
  sets: readonly string[],
  knownKeys: readonly string[],
): { overrides: Override[]; faults: Fault[] } {
  const overrides: Override[] = [];
  const faults: Fault[] = [];
  for (const set of sets) {
    const equals = set.indexOf('=');
    const key = set.slice(0, Math.max(0, equals)).trim();
    const path = key.split('.');
    const document = parseDocument(set.slice(equals + 1));
    if (key === '') {
      const text = `must look like KEY=VALUE, as in train.epochs=1, got ${JSON.stringify(set)}`;
      faults.push({ path: [], kind: 'value', text });
    } else if (!knownKeys.includes(key)) {
      faults.push(unknownKey(path, knownKeys));
    } else if (knownKeys.some((known) => known.startsWith(`${key}.`))) {
      faults.push({ path, kind: 'value', text: sectionAdvice(key, knownKeys) });
    } else if (document.errors.length > 0) {
      const text = `must have a YAML value after =, got ${JSON.stringify(set.slice(equals + 1))}`;
      faults.push({ path, kind: 'value', text });
    } else {
      overrides.push({ path, value: document.toJS() });
    }
  }
  return { overrides, faults };
}

function sectionAdvice(section: string, knownKeys: readonly string[]): string {
  const example = knownKeys.find(
    (key) => key.startsWith(`${section}.`) && !knownKeys.some((other) => other.startsWith(`${key}.`)),
  );
  return `is a section: set its keys one by one, as in --set ${example}=VALUE`;
}

/** @returns a copy of `root` with the overrides in it, later ones last; sections that lack are made */
export function applyOverrides(root: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((value, override) => withValue(value, override.path, override.value), root);
}

function withValue(root: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const section = isSection(root) ? root : {};
  return { ...section, [key]: withValue(section[key], rest, value) };
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
