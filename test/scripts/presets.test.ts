import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PRESETS, renderPreset } from '../../scripts/presets.ts';
import { loadParams } from '../../src/params/load.ts';

const ROOT = new URL('../../', import.meta.url);
const params = readFileSync(new URL('params.yaml', ROOT), 'utf8');
const names = Object.keys(PRESETS);

describe('presets', () => {
  it('are all that lies in their folder', () => {
    const files = readdirSync(new URL('presets/', ROOT));
    expect(new Set(files)).toEqual(new Set(names.map((name) => `${name}.yaml`)));
  });
  it.each(names)('%s is up to date with params.yaml: node scripts/presets.ts', (name) => {
    const text = readFileSync(new URL(`presets/${name}.yaml`, ROOT), 'utf8');
    expect(text).toBe(renderPreset(params, PRESETS[name]!));
  });
  it.each(names)('%s is valid, and differs in nothing but what it names', async (name) => {
    const path = fileURLToPath(new URL(`presets/${name}.yaml`, ROOT));
    const preset = flat(await loadParams(path, []));
    const base = flat(await loadParams(fileURLToPath(new URL('params.yaml', ROOT)), []));
    const changed = Object.keys(base).filter((key) => preset[key] !== base[key]);
    const { values } = PRESETS[name]!;
    for (const key of changed) expect(Object.keys(values)).toContain(key);
    for (const [key, value] of Object.entries(values)) expect(preset[key]).toBe(JSON.stringify(value));
  });
  it('refuse a key that params.yaml does not have', () => {
    const wrong = { purpose: 'none', values: { 'train.speed': 1 } };
    expect(() => renderPreset(params, wrong)).toThrow('params.yaml has no key train.speed');
  });
});

/** Values as JSON by dotted key. */
function flat(value: object, path = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      typeof item === 'object' && item !== null && !Array.isArray(item)
        ? Object.entries(flat(item, `${path}${key}.`))
        : [[`${path}${key}`, JSON.stringify(item)]],
    ),
  );
}
