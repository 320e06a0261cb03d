/**
 * Images that show the same: the same bytes, or perceptual hashes that differ in few bits.
 *
 * All pairs of different hashes are compared: two whole numbers each, so that 20,000 of them (200 million pairs) take
 * about a second. Images of one hash, or of the same bytes, are found without that.
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
 * @param giveWay called now and then: lets others have their turn, or throws to end the search
 * @returns groups of at least two, each as ascending places in the list; in a group, each is like one of the others
 */
export async function findAlike(
  facts: readonly ImageFacts[],
  mostBits: number,
  giveWay: () => Promise<void> = async () => {},
): Promise<number[][]> {
  const parents = facts.map((_, place) => place);
  joinSameFiles(facts, parents);
  await joinLikeHashes(joinSameHashes(facts, parents), { parents, mostBits, giveWay });
  const groups = new Map<number, number[]>();
  for (const place of facts.keys()) {
    const root = rootOf(parents, place);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [place]);
    else group.push(place);
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

/** @returns the first place of each hash */
function joinSameHashes(facts: readonly ImageFacts[], parents: number[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const [place, { perceptualHash }] of facts.entries()) {
    if (perceptualHash === null) continue;
    const earlier = first.get(perceptualHash);
    if (earlier === undefined) first.set(perceptualHash, place);
    else join(parents, earlier, place);
  }
  return first;
}

async function joinLikeHashes(
  first: ReadonlyMap<string, number>,
  { parents, mostBits, giveWay }: { parents: number[]; mostBits: number; giveWay: () => Promise<void> },
): Promise<void> {
  const places = Int32Array.from(first.values());
  const [high, low] = [new Int32Array(places.length), new Int32Array(places.length)];
  let count = 0;
  for (const hash of first.keys()) {
    [high[count], low[count]] = hashWords(hash);
    count++;
  }
  for (let i = 0; i < places.length; i++) {
    await giveWay();
    joinLater(i, { places, high, low }, parents, mostBits);
  }
}

interface Words {
  places: Int32Array;
  high: Int32Array;
  low: Int32Array;
}

/** One hash with all that come after it. */
function joinLater(i: number, { places, high, low }: Words, parents: number[], mostBits: number): void {
  const [placeOfI, highOfI, lowOfI] = [places[i]!, high[i]!, low[i]!];
  for (let j = i + 1; j < places.length; j++) {
    const bits = differingBits(highOfI, high[j]!);
    if (bits > mostBits || bits + differingBits(lowOfI, low[j]!) > mostBits) continue;
    // Most often they are in one group already.
    if (parents[places[j]!] !== parents[placeOfI]) join(parents, placeOfI, places[j]!);
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
