import { differingBits, hashWords } from './perceptual-hash.ts';
import type { ImageFacts, SourceImage } from './source-image.ts';

/** Images to find the nearest of, in the order in which they were added. */
export interface NearestIndex {
  add: (image: SourceImage) => void;
  /** @returns the first of those that differ in the fewest bits; null where all differ in more than `mostBits` */
  find: (facts: ImageFacts) => SourceImage | null;
}

interface Member {
  image: SourceImage;
  /** How many were added before it. */
  place: number;
}

/**
 * Of images of the same bytes, and of those of one hash, the first stands for all: it is found without a search.
 * @param mostBits 0-64
 */
export function createNearestIndex(mostBits: number): NearestIndex {
  const files = new Map<string, Member>();
  const hashes = new Map<string, Member>();
  const [highs, lows, members]: [number[], number[], Member[]] = [[], [], []];
  let count = 0;

  const add = (image: SourceImage) => {
    const { sha256, perceptualHash } = image.facts;
    const member = { image, place: count++ };
    if (!files.has(sha256)) files.set(sha256, member);
    if (perceptualHash === null || hashes.has(perceptualHash)) return;
    hashes.set(perceptualHash, member);
    const [high, low] = hashWords(perceptualHash);
    highs.push(high);
    lows.push(low);
    members.push(member);
  };

  const search = (hash: string): SourceImage | null => {
    const [high, low] = hashWords(hash);
    let [best, fewest] = [-1, mostBits + 1];
    for (let i = 0; i < members.length; i++) {
      const bits = differingBits(high, highs[i]!) + differingBits(low, lows[i]!);
      if (bits < fewest) [best, fewest] = [i, bits];
    }
    return members[best]?.image ?? null;
  };

  const find = ({ sha256, perceptualHash }: ImageFacts): SourceImage | null => {
    const sameFile = files.get(sha256);
    const sameHash = perceptualHash === null ? undefined : hashes.get(perceptualHash);
    if (sameFile && sameHash) return (sameFile.place < sameHash.place ? sameFile : sameHash).image;
    const same = sameFile ?? sameHash;
    if (same) return same.image;
    return perceptualHash === null ? null : search(perceptualHash);
  };

  return { add, find };
}
