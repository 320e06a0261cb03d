import type { Finding } from '../findings.ts';
import type { Split } from '../prepared.ts';
import { findAlike, type Likeness, likeness } from './duplicates.ts';
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
 */
export function findRepetitions(
  images: readonly SourceImage[],
  { mostBits, remove }: { mostBits: number; remove: boolean },
): Repetition[] {
  const groups = findAlike(
    images.map(({ facts }) => facts),
    mostBits,
  ).map((group) => group.map((place) => images[place]!));
  const leaks = groups.flatMap((group) => leaksOf(group, mostBits, remove));
  const gone = new Set(remove ? leaks.map(({ image }) => image) : []);
  const repeated = groups.flatMap((group) =>
    repeatedOf(
      group.filter((image) => !gone.has(image)),
      mostBits,
    ),
  );
  const places = new Map(images.map((image, place) => [image, place]));
  const byPlace = (a: Repetition, b: Repetition) => places.get(a.image)! - places.get(b.image)!;
  return [...leaks.sort(byPlace), ...repeated.sort(byPlace)];
}

/** Every image that a split of a higher rank has, too, whether that one stays or goes. */
function leaksOf(group: readonly SourceImage[], mostBits: number, remove: boolean): Repetition[] {
  return group.flatMap((image) => {
    const held = group.filter((other) => rankOf(other) > rankOf(image));
    const nearest = nearestOf(image, held, 2 * mostBits);
    if (nearest === null) return [];
    const treatment = remove ? 'dropped' : 'none';
    return [repetition('image_leak', image, nearest, treatment)];
  });
}

/** Every image but the first of those in a split that are alike, held directly against one before it. */
function repeatedOf(group: readonly SourceImage[], mostBits: number): Repetition[] {
  return group.flatMap((image, i) => {
    const earlier = group.slice(0, i).filter(({ split }) => split === image.split);
    const nearest = nearestOf(image, earlier, mostBits);
    return nearest === null ? [] : [repetition('image_duplicate', image, nearest, 'none')];
  });
}

function rankOf({ split }: SourceImage): number {
  return split === null ? Number.NaN : RANKS[split];
}

interface Nearest {
  twin: SourceImage;
  how: Likeness;
}

/** The first of the nearest. */
function nearestOf(image: SourceImage, others: readonly SourceImage[], mostBits: number): Nearest | null {
  let nearest: Nearest | null = null;
  for (const twin of others) {
    const how = likeness(image.facts, twin.facts);
    if (how.bits > mostBits || (nearest !== null && how.bits >= nearest.how.bits)) continue;
    nearest = { twin, how };
  }
  return nearest;
}

function repetition(
  kind: 'image_leak' | 'image_duplicate',
  image: SourceImage,
  { twin, how }: Nearest,
  treatment: Finding['treatment'],
): Repetition {
  const { split, origin, sourceName } = image;
  const where = kind === 'image_leak' ? `${twin.sourceName} of ${twin.split}` : twin.sourceName;
  const likeness = how.sameFile
    ? 'the same file'
    : how.bits === 0
      ? 'the same perceptual hash'
      : `${how.bits} of 64 bits of its perceptual hash differ`;
  const detail = `it shows what ${where} shows: ${likeness}`;
  return {
    image,
    twin,
    bits: how.bits,
    finding: { kind, split, origin, image: sourceName, entry: null, detail, treatment },
  };
}
