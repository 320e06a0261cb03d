/** Changes that know nothing of what the bytes mean. */
import type { Random } from '../../src/system/random.ts';
import { NUMBERS, pick } from './hostile-values.ts';

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'bit flips': (bytes, random) => {
    const changed = Buffer.from(bytes);
    for (let i = 1 + random.int(8); i > 0; i--) changed[random.int(bytes.length)]! ^= 1 << random.int(8);
    return changed;
  },
  truncation: (bytes, random) => bytes.subarray(0, random.int(bytes.length)),
  'cut beginning': (bytes, random) => bytes.subarray(random.int(bytes.length)),
  splice: (bytes, random) => {
    const [from, to] = span(bytes, random);
    const at = random.int(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, to), bytes.subarray(at)]);
  },
  removal: (bytes, random) => {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  overwriting: (bytes, random) => {
    const [from, to] = span(bytes, random);
    const changed = Buffer.from(bytes);
    return changed.fill(pick(random, [0, 0xff, 0x20, 0x5b, 0x80]), from, to);
  },
  repetition: (bytes, random) => {
    const [from, to] = span(bytes, random);
    const piece = bytes.subarray(from, Math.min(to, from + 100));
    const pieces = new Array<Buffer>(1 + random.int(2000)).fill(piece);
    return Buffer.concat([bytes.subarray(0, from), ...pieces, bytes.subarray(from)]);
  },
  noise: (bytes, random) => {
    const noise = Uint8Array.from({ length: 1 + random.int(64) }, () => random.int(256));
    const at = random.int(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
  'number extremes': (bytes, random) => {
    const text = bytes.toString('latin1');
    const found = [...text.matchAll(/-?\d+(?:\.\d+)?/g)];
    if (found.length === 0) return bytes;
    const { 0: old, index } = pick(random, found);
    return Buffer.from(
      text.slice(0, index) + pick(random, NUMBERS) + text.slice(index + old.length),
      'latin1',
    );
  },
};

function span(bytes: Buffer, random: Random): [number, number] {
  const from = random.int(bytes.length);
  return [from, Math.min(bytes.length, from + 1 + random.int(Math.max(1, bytes.length >> 1)))];
}

/** One to three changes; empty bytes stay as they are. */
export function mutateBytes(bytes: Buffer, random: Random, tricks: string[]): Buffer {
  let changed = bytes;
  for (let i = 1 + random.int(3); i > 0 && changed.length > 0; i--) {
    const name = pick(random, Object.keys(MUTATIONS));
    tricks.push(name);
    changed = MUTATIONS[name]!(changed, random);
  }
  return changed;
}
