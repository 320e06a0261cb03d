/**
 * Which image goes to which split.
 *
 * Splits that the source has are kept. Where it has none, images are divided by groups (`groupSamples`), never one by
 * one: neighbouring tiles share buildings, light and season, so a model would be measured on what it has all but seen.
 *
 * Blocks of tiles are scattered over the area at random, not gathered in one region for each split: a region of its own
 * would have fewer neighbours elsewhere, but it may be all town or all fields, and then valid and test are about something
 * else than train. So tiles at the border of a block have neighbours in other splits. They are counted and told, and
 * `data.split.block` makes them as few as one likes: at most about 4 / block of all.
 */
import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import type { Log } from '../system/log.ts';
import { printable } from '../system/printable.ts';
import { divide, type Side } from './divide.ts';
import { type GroupedBy, type Grouping, groupSamples, largestBlock } from './group-samples.ts';
import type { Division } from './manifest.ts';
import { SPLITS, type Split } from './prepared.ts';
import type { SourceSample } from './sources/source-sample.ts';
import { countNearOthers } from './tile-names.ts';

/** A sample that has its split. */
export type PlacedSample = SourceSample & { split: Split };

/** Samples of one source, and how messages call it: `data.path` or the folder of custom samples. */
export interface LabelledSamples {
  samples: readonly SourceSample[];
  label: string;
}

/** Samples with their splits, and how they were divided; null where the source had done it. */
export interface PlacedSamples {
  samples: PlacedSample[];
  division: Division | null;
}

/**
 * Splits for the samples of `data.source`: their own, or by the shares of `data.split`.
 * @throws UserError where only some have one, or where there are fewer groups than splits
 */
export function splitSource(source: LabelledSamples, params: Params, log: Log): PlacedSamples {
  const own = ownSplits(source);
  if (own) return { samples: own, division: null };
  const { valid, test } = params.data.split;
  const grouping = groupSamples(source.samples, params.data.split);
  if (grouping.groups.length < SPLITS.length) {
    throw new UserError(
      `Cannot divide ${source.label} into train, valid and test: ${describe(grouping, source, params)}, and each stays whole; ${adviceFor(grouping, params.data.split.block)}`,
    );
  }
  return assign(source, grouping, { params, log }, [
    { name: 'train', share: 1 - valid - test, needed: true },
    { name: 'valid', share: valid, needed: true },
    { name: 'test', share: test, needed: true },
  ]);
}

/**
 * Splits for the samples of a folder of `data.custom`. Its own are kept, also `test`: what somebody set apart for
 * measuring must not be trained on. Without any, all go to train but for the share `data.custom_valid`; where one group is
 * larger than that, fewer or none go to valid, and it is said.
 * @throws UserError where only some have one
 */
export function splitCustom(source: LabelledSamples, params: Params, log: Log): PlacedSamples {
  const own = ownSplits(source);
  if (own) {
    log.info(`${source.label} has splits of its own, which are kept: ${sizes(own)}`);
    return { samples: own, division: null };
  }
  const share = params.data.custom_valid;
  if (share === 0) {
    return { samples: source.samples.map((sample) => ({ ...sample, split: 'train' })), division: null };
  }
  const grouping = groupSamples(source.samples, params.data.split);
  const placed = assign(source, grouping, { params, log }, [
    { name: 'train', share: 1 - share, needed: false },
    { name: 'valid', share, needed: false },
  ]);
  if (placed.samples.every(({ split }) => split === 'train')) {
    log.warn(
      `None of ${source.label} goes to valid: ${describe(grouping, source, params)}, each too large for its share of ${share} (data.custom_valid)`,
    );
  }
  return placed;
}

/** What to do where there are too few groups. */
function adviceFor(grouping: Grouping, block: number): string {
  if (grouping.by === 'tiles') {
    const smaller = largestBlock(grouping, block, SPLITS.length);
    return smaller === null
      ? ADVICE.image
      : `lower data.split.block to ${smaller}, the largest that gives at least ${SPLITS.length} blocks`;
  }
  return ADVICE[grouping.by];
}

const ADVICE: Readonly<Record<Exclude<GroupedBy, 'tiles'>, string>> = {
  scene: 'data.split.scene must tell at least 3 scenes by their file names',
  folder: 'name the scene of each file by data.split.scene; "(.+)" takes each image by itself',
  image: 'add images',
};

/** Share of the images from which on blocks hold one each, and keep nothing together. */
const MOSTLY_ALONE = 0.75;

/** @returns null where the source has none */
function ownSplits({ samples, label }: LabelledSamples): PlacedSample[] | null {
  const lacking = samples.find(({ split }) => split === null);
  if (lacking === undefined) return samples as PlacedSample[];
  if (samples.every(({ split }) => split === null)) return null;
  throw new UserError(
    `Some images of ${label} are in a split and others are not, such as ${printable(lacking.name)}: put them into train, valid or test, or all of them into none`,
  );
}

function assign(
  source: LabelledSamples,
  grouping: Grouping,
  { params, log }: { params: Params; log: Log },
  sides: readonly Side<Split>[],
): PlacedSamples {
  const portions = grouping.groups.map(({ key, samples }) => ({ key, size: samples.length }));
  const sideOf = divide(portions, sides, params.seed);
  const splitOf = new Map(
    grouping.groups.flatMap(({ key, samples }) =>
      samples.map((sample) => [sample, sideOf.get(key)!] as const),
    ),
  );
  const samples = source.samples.map((sample) => ({ ...sample, split: splitOf.get(sample)! }));
  const near =
    grouping.by === 'tiles' ? countNearOthers(grouping.places, (sample) => splitOf.get(sample)!) : null;
  log.info(`Dividing ${source.label}: ${describe(grouping, source, params)}; ${sizes(samples)}`);
  if (grouping.by === 'image') {
    log.warn(
      `The file names of ${source.label} do not say which images lie side by side: neighbours may be in different splits, and results on valid and test look too good; name the scene of each file by data.split.scene`,
    );
  }
  if (grouping.by === 'tiles' && isMostlyAlone(grouping, source, params)) {
    log.warn(
      `Nearly every image of ${source.label} is a block by itself: if the numbers in the file names are not x and y, neighbours may be in different splits, and results on valid and test look too good; name the scene of each file by data.split.scene`,
    );
  }
  if (near) {
    log.warn(
      `${near} of the ${samples.length} images of ${source.label} lie beside one of another split; a larger data.split.block (${params.data.split.block}) makes them fewer`,
    );
  }
  return { samples, division: { by: grouping.by, groups: grouping.groups.length, near } };
}

/** Single tiles are what `data.split.block` 1 asks for. */
function isMostlyAlone({ groups }: Grouping, { samples }: LabelledSamples, { data }: Params): boolean {
  return data.split.block > 1 && groups.length >= MOSTLY_ALONE * samples.length;
}

/** "172 images in 24 blocks of 8 x 8 tiles" */
function describe({ by, groups }: Grouping, { samples }: LabelledSamples, { data }: Params): string {
  const { block } = data.split;
  const kinds: Record<GroupedBy, [one: string, many: string]> = {
    scene: ['scene', 'scenes'],
    tiles: [`block of ${block} x ${block} tiles`, `blocks of ${block} x ${block} tiles`],
    folder: ['folder', 'folders'],
    image: ['original', 'originals'],
  };
  const [one, many] = kinds[by];
  const images = samples.length === 1 ? '1 image' : `${samples.length} images`;
  return `${images} in ${groups.length} ${groups.length === 1 ? one : many}`;
}

/** "120 train, 26 valid, 26 test" */
function sizes(samples: readonly PlacedSample[]): string {
  return SPLITS.map((split) => `${samples.filter((sample) => sample.split === split).length} ${split}`).join(
    ', ',
  );
}
