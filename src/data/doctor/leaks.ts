import { createGiveWay } from '../../system/give-way.ts';
import type { Finding } from '../findings.ts';
import { SPLITS, type Split } from '../prepared.ts';
import { findAlike, likeness } from './duplicates.ts';
import { createNearestIndex, type NearestIndex } from './nearest.ts';
import type { SourceImage } from './source-image.ts';

/** An image that shows what another one shows. */
export interface Repetition {
  image: SourceImage;
  /** The one to hold it against. */
  twin: SourceImage;
  bits: number;
  finding: Finding;
}

/** A leak is taken from the split to the left of the other. */
const RANKS: Readonly<Record<Split, number>> = { train: 0, valid: 1, test: 2 };

/**
 * Alike are images whose hashes differ in at most `mostBits`. Likeness goes from one to the next, but not on and on: a
 * leak may differ from its twin in twice as many bits at most, so that a chain of fields does not become one place.
 * @param remove take leaks out (`data.doctor.leaks`); images that come twice within a split are only reported
 * @returns by the image's place; leaks before repetitions within a split. An image that is taken out repeats no other.
 * @throws the signal's reason when it is aborted
 */
export async function findRepetitions(
  images: readonly SourceImage[],
  { mostBits, remove, signal }: { mostBits: number; remove: boolean; signal?: AbortSignal },
): Promise<Repetition[]> {
  const giveWay = createGiveWay(signal);
  const facts = images.map((image) => image.facts);
  const groups = (await findAlike(facts, mostBits, giveWay)).map((group) =>
    group.map((place) => images[place]!),
  );
  const leaks: Repetition[] = [];
  for (const group of groups) {
    for (const leak of await leaksOf(group, { mostBits, remove }, giveWay)) leaks.push(leak);
  }
  const gone = new Set(remove ? leaks.map(({ image }) => image) : []);
  const repeated: Repetition[] = [];
  for (const group of groups) {
    const staying = group.filter((image) => !gone.has(image));
    for (const repetition of await repeatedOf(staying, mostBits, giveWay)) repeated.push(repetition);
  }
  const places = new Map(images.map((image, place) => [image, place]));
  const byPlace = (a: Repetition, b: Repetition) => places.get(a.image)! - places.get(b.image)!;
  return [...leaks.sort(byPlace), ...repeated.sort(byPlace)];
}

/** Every image that a split of a higher rank has, too, whether that one stays or goes. */
async function leaksOf(
  group: readonly SourceImage[],
  { mostBits, remove }: { mostBits: number; remove: boolean },
  giveWay: () => Promise<void>,
): Promise<Repetition[]> {
  const above = new Map(SPLITS.map((split) => [split, createNearestIndex(2 * mostBits)]));
  for (const image of group) {
    for (const [split, index] of above) if (rankOf(image) > RANKS[split]) index.add(image);
  }
  const leaks: Repetition[] = [];
  for (const image of group) {
    await giveWay();
    const twin = image.split === null ? null : above.get(image.split)!.find(image.facts);
    if (twin !== null) leaks.push(repetition('image_leak', image, twin, remove ? 'dropped' : 'none'));
  }
  return leaks;
}

/** Every image but the first of those in a split that are alike, held directly against one before it. */
async function repeatedOf(
  group: readonly SourceImage[],
  mostBits: number,
  giveWay: () => Promise<void>,
): Promise<Repetition[]> {
  const earlier = new Map<Split | null, NearestIndex>();
  const repeated: Repetition[] = [];
  for (const image of group) {
    await giveWay();
    const index = earlier.get(image.split) ?? createNearestIndex(mostBits);
    earlier.set(image.split, index);
    const twin = index.find(image.facts);
    if (twin !== null) repeated.push(repetition('image_duplicate', image, twin, 'none'));
    index.add(image);
  }
  return repeated;
}

function rankOf({ split }: SourceImage): number {
  return split === null ? Number.NaN : RANKS[split];
}

function repetition(
  kind: 'image_leak' | 'image_duplicate',
  image: SourceImage,
  twin: SourceImage,
  treatment: Finding['treatment'],
): Repetition {
  const { split, origin, sourceName } = image;
  const how = likeness(image.facts, twin.facts);
  const where = kind === 'image_leak' ? `${twin.sourceName} of ${twin.split}` : twin.sourceName;
  const likenessText = how.sameFile
    ? 'the same file'
    : how.bits === 0
      ? 'the same perceptual hash'
      : `${how.bits} of 64 bits of its perceptual hash differ`;
  const detail = `it shows what ${where} shows: ${likenessText}`;
  return {
    image,
    twin,
    bits: how.bits,
    finding: { kind, split, origin, image: sourceName, entry: null, detail, treatment },
  };
}
