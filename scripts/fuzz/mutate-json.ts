/** Changes of what a JSON file says: it stays JSON, nearly always. */
import type { Random } from '../../src/system/random.ts';
import { NUMBERS, names, pick } from './hostile-values.ts';

/** Stands for a text that no value gives when it is written. */
const RAW = 'RAW TEXT ';

/** Characters of a file: more is refused by its size alone, which needs no fuzzing. */
const MOST_CHARACTERS = 16e6;

/** A place in a tree of values. */
interface Slot {
  parent: Record<string, unknown>;
  key: string;
}

/** @param outside see `names` */
export function mutateJson(bytes: Buffer, random: Random, outside: string, tricks: string[]): Buffer {
  const root: Record<string, unknown> = { root: JSON.parse(bytes.toString('utf8')) as unknown };
  const raw: string[] = [];
  for (let i = 1 + random.int(4); i > 0; i--) {
    const slots = slotsOf(root);
    if (slots.length === 0) break;
    const slot = pick(random, slots);
    const name = pick(random, Object.keys(CHANGES));
    tricks.push(`${name} at ${slot.key}`);
    CHANGES[name]!(slot, { random, outside, slots, raw });
  }
  return Buffer.from(insertRaw(JSON.stringify(root.root) ?? '', raw));
}

/** A place may have been copied often, so that there is room for some of the texts only. */
function insertRaw(text: string, raw: readonly string[]): string {
  let left = MOST_CHARACTERS - text.length;
  return text.replace(new RegExp(`"${RAW}(\\d+)"`, 'g'), (_, index: string) => {
    const inserted = raw[Number(index)]!;
    left -= inserted.length;
    return left >= 0 ? inserted : '0';
  });
}

interface Means {
  random: Random;
  outside: string;
  slots: readonly Slot[];
  raw: string[];
}

const CHANGES: Readonly<Record<string, (slot: Slot, means: Means) => void>> = {
  number: (slot, { random, raw }) => put(slot, raw, pick(random, NUMBERS)),
  name: ({ parent, key }, { random, outside, slots }) => {
    // Where a name is looked for, more often than anywhere.
    const named = slots.filter((slot) => ['file_name', 'imagePath'].includes(slot.key));
    const slot = named.length > 0 && random.int(4) > 0 ? pick(random, named) : { parent, key };
    slot.parent[slot.key] = pick(random, names(outside));
  },
  type: ({ parent, key }, { random }) => {
    parent[key] = pick<unknown>(random, [
      null,
      true,
      '',
      'x',
      {},
      [],
      [[]],
      [[[]]],
      -1,
      0,
      1.5,
      { length: 3 },
    ]);
  },
  removal: ({ parent, key }) => {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  },
  'another value': ({ parent, key }, { random, slots }) => {
    const other = pick(random, slots);
    parent[key] = structuredClone(other.parent[other.key]);
  },
  'a name in place of a key': ({ parent, key }, { random, outside }) => {
    if (Array.isArray(parent)) return;
    Object.defineProperty(parent, pick(random, names(outside)), {
      ...{ value: parent[key], enumerable: true, writable: true, configurable: true },
    });
  },
  'deep nesting': (slot, { random, raw }) => {
    const levels = pick(random, [50, 99, 101, 1000, 20_000, 300_000]);
    const [open, close] = pick(random, [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const);
    put(slot, raw, `${open.repeat(levels)}1${close.repeat(levels)}`);
  },
  'huge list': (slot, { random, raw }) => {
    const item = pick(random, ['0', '1.5', '[]', '{}', '[1,2]', '"a"', 'null', '[[3,3,9,3,9,9]]']);
    put(slot, raw, `[${`${item},`.repeat(pick(random, [1000, 50_000, 400_000]))}${item}]`);
  },
  'many copies': ({ parent, key }, { random }) => {
    const times = pick(random, [2, 100, 3000]);
    const isLarge = JSON.stringify(parent[key] ?? null).length * times > MOST_CHARACTERS;
    if (!isLarge) parent[key] = new Array(times).fill(parent[key]);
  },
  'long text': (slot, { random, raw }) => {
    put(
      slot,
      raw,
      JSON.stringify(pick(random, ['0', 'A', ' ', '\n', '🏠']).repeat(pick(random, [1000, 3_000_000]))),
    );
  },
};

function put({ parent, key }: Slot, raw: string[], text: string): void {
  parent[key] = `${RAW}${raw.push(text) - 1}`;
}

/** All places below, the tree's own first; no more than are needed to choose among. */
function slotsOf(root: Record<string, unknown>): Slot[] {
  const slots: Slot[] = [];
  const open: unknown[] = [root];
  for (let value = open.shift(); value !== undefined && slots.length < 5000; value = open.shift()) {
    for (const key of Object.keys(value as object)) {
      const parent = value as Record<string, unknown>;
      slots.push({ parent, key });
      if (typeof parent[key] === 'object' && parent[key] !== null) open.push(parent[key]);
    }
  }
  return slots;
}
