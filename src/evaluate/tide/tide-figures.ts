/**
 * What each kind of error costs: by how much AP50 would rise without it (Bolya et al. 2020, §2.3,
 * https://arxiv.org/abs/2008.08115; tidecv 1.0.1 `fix_errors`).
 *
 * Mended is one kind at a time. A badly localised detection, or one of the wrong category, becomes right; where several
 * aim at one building, the best of them does and the others go; all go whose building has been found. Duplicates,
 * detections of background and those wrong in both ways go. Missed buildings, which no mended detection would find, go
 * from the ground truth.
 *
 * Where we differ from tidecv: AP is COCO's, that is, equal scores keep the order of the images (tidecv puts mended and
 * right ones last), recall points are numpy's, and only categories with a building count; see also `tideOf`.
 */
import { averagePrecision, precisionCurves, rankAll } from '../coco/average-precision.ts';
import { buildingErrors, DETECTION_KINDS, type TideImage } from './tide.ts';

/**
 * By how much AP50 would rise if all errors of a kind were mended and nothing else. `class` and `both` are 0 with one category.
 */
export interface ErrorFigures {
  class: number | null;
  localisation: number | null;
  both: number | null;
  duplicate: number | null;
  background: number | null;
  missed: number | null;
  /** If there were no false positives, or no false negatives, of whatever kind. */
  false_positive: number | null;
  false_negative: number | null;
}

/**
 * @param measured in the order of their ids: it decides between detections of equal score
 * @returns 0-1; null where no building is left to find: in a set without any, or, of those that take buildings from the
 *   ground truth, where they would take them all
 */
export function tideFigures(measured: readonly { tide: TideImage }[]): ErrorFigures {
  const categories = gatherCategories(measured.map(({ tide }) => tide)).filter(
    ({ positives }) => positives > 0,
  );
  const asTheyAre = categories.map((category) => ap50(category, null)!);
  const rise = (mended: Mended): number | null => {
    const rises = categories.map((category, c) => {
      const mendedAp = ap50(category, mended);
      return mendedAp === null ? null : mendedAp - asTheyAre[c]!;
    });
    if (rises.every((each) => each === null)) return null;
    // A category of which nothing is left has an AP of 0 with and without, as in tidecv. Rounding may fall below 0.
    return Math.max(0, rises.reduce<number>((sum, each) => sum + (each ?? 0), 0) / rises.length);
  };
  return {
    class: rise('class'),
    localisation: rise('localisation'),
    both: rise('both'),
    duplicate: rise('duplicate'),
    background: rise('background'),
    missed: rise('missed'),
    false_positive: rise('false_positive'),
    false_negative: rise('false_negative'),
  };
}

type Mended = keyof ErrorFigures;

/** One category of the whole set. */
interface CategoryErrors {
  /** What the category's detections are, and those of others that would be its own; the highest score first: see `STATES`. */
  states: Uint8Array;
  /** Buildings, those among them that were found, and those that nothing would find. */
  positives: number;
  found: number;
  missed: number;
}

/** A detection's kind; or that it becomes right when its kind is mended, in its own category or in that of the building. */
const STATES = [...DETECTION_KINDS, 'localisation, to be mended', 'class, to be mended into this'] as const;
type State = (typeof STATES)[number];
const MENDED_LOCALISATION = STATES.indexOf('localisation, to be mended');
const MENDED_CLASS = STATES.indexOf('class, to be mended into this');
const CLASS = STATES.indexOf('class');

/** @returns by category; the set's categories are those that occur */
function gatherCategories(images: readonly TideImage[]): CategoryErrors[] {
  const C =
    1 +
    images.reduce((highest, { truth, categories }) => highestOf(categories, highestOf(truth, highest)), -1);
  const counts = Array.from({ length: C }, () => ({ positives: 0, found: 0, missed: 0 }));
  const states = Array.from({ length: C }, (): number[] => []);
  const mended = images.map((image) => markMended(image, counts));
  const { image: imageAt, detection } = rankAll(images);
  for (let at = 0; at < imageAt.length; at++) {
    const [image, k] = [images[imageAt[at]!]!, detection[at]!];
    const state = mended[imageAt[at]!]![k]!;
    if (state === MENDED_CLASS) {
      states[image.truth[image.buildings[k]!]!]!.push(MENDED_CLASS);
      states[image.categories[k]!]!.push(CLASS);
    } else {
      states[image.categories[k]!]!.push(state);
    }
  }
  return counts.map((count, c) => ({ ...count, states: Uint8Array.from(states[c]!) }));
}

function highestOf(values: Int32Array, highest: number): number {
  return values.reduce((most, value) => Math.max(most, value), highest);
}

/**
 * @param counts [C] to which the image's buildings are added
 * @returns [K] states
 */
function markMended(
  image: TideImage,
  counts: { positives: number; found: number; missed: number }[],
): Uint8Array {
  const states = Uint8Array.from(image.kinds);
  for (const [g, error] of buildingErrors(image).entries()) {
    if (!error) continue;
    const count = counts[image.truth[g]!]!;
    count.positives++;
    if (error.kind === 'hit') count.found++;
    else if (error.kind === 'missed') count.missed++;
    else states[error.detection] = error.kind === 'class' ? MENDED_CLASS : MENDED_LOCALISATION;
  }
  return states;
}

/** @returns AP at IoU 0.5 with one kind of error mended; null where no building is left */
function ap50({ states, positives, found, missed }: CategoryErrors, mended: Mended | null): number | null {
  const gone = mended === 'missed' ? missed : mended === 'false_negative' ? positives - found : 0;
  const verdicts = STATES.map((state) => verdictOn(state, mended));
  const runs = new Uint32Array(2 * states.length);
  let [count, length] = [0, 0];
  for (let i = 0; i < states.length; i++) {
    const verdict = verdicts[states[i]!]!;
    if (verdict === 'gone') continue;
    if (verdict === 'right') {
      runs[length++] = 2 * count + 1;
      runs[length++] = count + 1;
    }
    count++;
  }
  const pool = {
    // As if all were of one image.
    size: 1,
    positives: Uint32Array.of(positives - gone),
    holders: Uint32Array.of(0),
    images: new Uint32Array(count),
    runs: [runs.subarray(0, length)],
  };
  return averagePrecision(precisionCurves(pool));
}

function verdictOn(state: State, mended: Mended | null): 'right' | 'wrong' | 'gone' {
  switch (state) {
    case 'hit':
      return 'right';
    case 'crowd':
      return 'gone';
    case 'localisation, to be mended':
      if (mended === 'localisation') return 'right';
      break;
    case 'class, to be mended into this':
      return mended === 'class' ? 'right' : 'gone';
    default:
      if (state === mended) return 'gone';
  }
  return mended === 'false_positive' ? 'gone' : 'wrong';
}
