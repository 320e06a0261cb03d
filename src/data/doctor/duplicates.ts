/**
 * Images that show the same: the same bytes, or perceptual hashes that differ in few bits.
 *
 * All pairs are compared: two whole numbers each, so that 10,000 images (50 million pairs) take a fraction of a second.
 */
import { differingBits, hashWords } from './perceptual-hash.ts';
import type { ImageFacts } from './source-image.ts';

/** How unlike two images are. */
export interface Likeness {
  /** 0-64; Infinity where one is too plain to have a hash. */
  bits: number;
  sameFile: boolean;
}

export function likeness(a: ImageFacts, b: ImageFacts): Likeness {
  if (a.sha256 === b.sha256) return { bits: 0, sameFile: true };
  if (a.perceptualHash === null || b.perceptualHash === null) return { bits: Infinity, sameFile: false };
  const [highA, lowA] = hashWords(a.perceptualHash);
  const [highB, lowB] = hashWords(b.perceptualHash);
  return { bits: differingBits(highA, highB) + differingBits(lowA, lowB), sameFile: false };
}

/**
 * @param mostBits 0-64: hashes that differ in no more are alike
 * @returns groups of at least two, each as ascending places in the list; in a group, each is like one of the others
 */
export function findAlike(facts: readonly ImageFacts[], mostBits: number): number[][] {
  const parents = facts.map((_, place) => place);
  joinSameFiles(facts, parents);
  joinSameHashes(facts, parents, mostBits);
  const groups = new Map<number, number[]>();
  for (const place of facts.keys()) {
    const root = rootOf(parents, place);
    groups.set(root, [...(groups.get(root) ?? []), place]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function joinSameFiles(facts: readonly ImageFacts[], parents: number[]): void {
  const first = new Map<string, number>();
  for (const [place, { sha256 }] of facts.entries()) {
    const earlier = first.get(sha256);
    if (earlier === undefined) first.set(sha256, place);
    else join(parents, earlier, place);
  }
}

function joinSameHashes(facts: readonly ImageFacts[], parents: number[], mostBits: number): void {
  const places = [...facts.keys()].filter((place) => facts[place]!.perceptualHash !== null);
  const [high, low] = [new Int32Array(places.length), new Int32Array(places.length)];
  for (const [i, place] of places.entries()) [high[i], low[i]] = hashWords(facts[place]!.perceptualHash!);
  for (let i = 0; i < places.length; i++) {
    const [highOfI, lowOfI] = [high[i]!, low[i]!];
    for (let j = i + 1; j < places.length; j++) {
      const bits = differingBits(highOfI, high[j]!);
      if (bits > mostBits || bits + differingBits(lowOfI, low[j]!) > mostBits) continue;
      join(parents, places[i]!, places[j]!);
    }
  }
}

/** The earlier of two groups takes the other in. */
function join(parents: number[], a: number, b: number): void {
  const [rootA, rootB] = [rootOf(parents, a), rootOf(parents, b)];
  parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
}

function rootOf(parents: number[], place: number): number {
  let root = place;
  while (parents[root] !== root) {
    parents[root] = parents[parents[root]!]!;
    root = parents[root]!;
  }
  return root;
}
