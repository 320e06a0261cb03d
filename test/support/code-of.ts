import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** Files of src/ that a file runs, itself included, relative to the project; imports of types alone do not count. */
export function codeOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(join(ROOT, file), 'utf8');
  for (const [statement, atStart, later] of text.matchAll(
    /(?:import|export)\s[^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/g,
  )) {
    const path = atStart ?? later;
    if (path === undefined || /^(import|export) type/.test(statement)) continue;
    codeOf(relative(ROOT, resolve(dirname(join(ROOT, file)), path)), seen);
  }
  return seen;
}
