import { posix } from 'node:path';
import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import { printable } from '../system/printable.ts';
import type { Division } from './manifest.ts';
import type { SourceSample } from './sources/source-sample.ts';
import { type TilePlace, tilePlaces } from './tile-names.ts';

/**
 * By what images were told to belong together: the user's `data.split.scene`, blocks of neighbouring tiles, sub-folders,
 * or, where names tell nothing, each original by itself.
 */
export type GroupedBy = Division['by'];

/** Images that must be in the same split. */
export interface SampleGroup {
  /** The same for the same images, wherever they lie. */
  key: string;
  samples: SourceSample[];
}

export interface Grouping {
  by: GroupedBy;
  /** By key, by code unit. */
  groups: SampleGroup[];
  /** Where tiles lie, for those whose names say so. */
  places: Map<SourceSample, TilePlace>;
}

/** Roboflow names each augmented copy after its original: `roof_jpg.rf.0f3a9c.jpg` of `roof.jpg`. */
const ROBOFLOW = /^(.+)_(?:jpe?g|png|webp|tiff?|bmp)\.rf\.[0-9a-z]+$/i;

/**
 * Finds out which images show the same place or neighbouring ones, by their names alone. The order of the samples does
 * not matter.
 * @throws UserError where `data.split.scene` does not match a file name
 */
export function groupSamples(samples: readonly SourceSample[], split: Params['data']['split']): Grouping {
  if (split.scene !== null) return groupByScene(samples, split.scene);
  const places = placesOf(samples);
  // Some stray files do not make the rest less of a map; a few photos that end in two numbers do not make one.
  if (2 * places.size > samples.length) {
    return { by: 'tiles', groups: groupByBlock(samples, places, split.block), places };
  }
  const folders = new Set(samples.map(({ name }) => posix.dirname(name)));
  const by = folders.size > 1 ? 'folder' : 'image';
  const key = ({ name }: SourceSample) => (by === 'folder' ? posix.dirname(name) : originalOf(name));
  return { by, groups: groupBy(samples, key), places: new Map() };
}

/**
 * @param least groups that are needed
 * @returns the largest block below `block` that gives them; null where not even single tiles do
 */
export function largestBlock({ groups, places }: Grouping, block: number, least: number): number | null {
  const samples = groups.flatMap((group) => group.samples);
  for (let smaller = block - 1; smaller >= 1; smaller--) {
    if (groupByBlock(samples, places, smaller).length >= least) return smaller;
  }
  return null;
}

function groupByBlock(
  samples: readonly SourceSample[],
  places: ReadonlyMap<SourceSample, TilePlace>,
  block: number,
): SampleGroup[] {
  return groupBy(samples, (sample) => blockKey(sample, places.get(sample), block));
}

function groupByScene(samples: readonly SourceSample[], pattern: string): Grouping {
  const scene = new RegExp(pattern);
  const key = ({ name }: SourceSample) => {
    const found = scene.exec(posix.basename(name))?.[1];
    if (found !== undefined) return found;
    throw new UserError(
      `data.split.scene (${pattern}) finds no scene in the file name ${printable(posix.basename(name))}: it must match every image of data that is not split yet`,
    );
  };
  return { by: 'scene', groups: groupBy(samples, key), places: new Map() };
}

function placesOf(samples: readonly SourceSample[]): Map<SourceSample, TilePlace> {
  const names = samples.map(({ name, size }) => ({ stem: originalOf(name), size }));
  const places = tilePlaces(names);
  return new Map(samples.flatMap((sample, i) => (places[i] ? [[sample, places[i]] as const] : [])));
}

/** Blocks are counted from 0, not from the first tile: more tiles around do not move their borders. */
function blockKey({ name }: SourceSample, place: TilePlace | undefined, block: number): string {
  if (place === undefined) return originalOf(name);
  const [first, second] = [0, 1].map((axis) => Math.floor(place.start[axis]! / (place.unit[axis]! * block)));
  return `${place.scene}#${first},${second}`;
}

/** The path without its extension, and without what Roboflow adds. */
function originalOf(name: string): string {
  const stem = name.slice(0, name.length - posix.extname(name).length);
  return ROBOFLOW.exec(stem)?.[1] ?? stem;
}

function groupBy(samples: readonly SourceSample[], keyOf: (sample: SourceSample) => string): SampleGroup[] {
  const groups = new Map<string, SourceSample[]>();
  for (const sample of samples) {
    const key = keyOf(sample);
    const group = groups.get(key);
    if (group) group.push(sample);
    else groups.set(key, [sample]);
  }
  return [...groups]
    .map(([key, members]) => ({ key, samples: members }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
