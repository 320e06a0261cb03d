/** Proposals and detections: matched by their boxes, then compared. */
import { deviationOf, failed, notFinite, type Row } from './compare.ts';
import { matchBoxes, type Pair } from './match-boxes.ts';

/** Two boxes are the same from here on. */
const SAME_IOU = 0.999;
/** Of the proposals: the last ones of a level nearly tie, and float32 decides some the other way. */
const MIN_SHARE = 0.995;
const SCORE_TOLERANCE = 1e-3;

/** Detections of one image. */
export interface DetectionList {
  /** [D, 4] flat, [x1, y1, x2, y2] pixels of the image */
  boxes: Float32Array;
  /** [D] */
  scores: Float32Array;
  /** [D] */
  labels: Float32Array;
}

/** Both [P, 4] flat; the share is that of the longer list, so that one too many counts as one too few does. */
export function compareProposals(stored: Float32Array, ours: Float32Array): Row {
  const fault = notFinite(stored, 'stored value') ?? notFinite(ours, 'own value');
  if (fault !== null) return failed('proposals', fault);
  const total = Math.max(stored.length, ours.length) / 4;
  const pairs = matchBoxes(stored, ours, SAME_IOU);
  const share = total === 0 ? 1 : pairs.length / total;
  return {
    key: 'proposals',
    ...coordinateDifferences(pairs, stored, ours),
    required: `>= ${MIN_SHARE * 100} % matched at IoU ${SAME_IOU}`,
    ok: share >= MIN_SHARE,
    note: `${pairs.length} of ${total} matched (${(share * 100).toFixed(2)} %)`,
  };
}

/**
 * @param scoreThreshold the weakest detection that is put out: own ones at it may be missing in the file
 * @returns rows of `det.boxes`, `det.scores` and `det.labels`
 */
export function compareDetections(
  stored: DetectionList,
  ours: DetectionList,
  scoreThreshold: number,
): [boxes: Row, scores: Row, labels: Row] {
  const faults = (['boxes', 'scores', 'labels'] as const).map(
    (part) => notFinite(stored[part], 'stored value') ?? notFinite(ours[part], 'own value'),
  );
  if (faults.some((fault) => fault !== null)) {
    const [boxes, scores, labels] = faults.map((fault) => fault ?? 'not matched');
    return [failed('det.boxes', boxes!), failed('det.scores', scores!), failed('det.labels', labels!)];
  }
  const pairs = matchBoxes(stored.boxes, ours.boxes, 0);
  const found = pairs.filter(({ iou }) => iou >= SAME_IOU);
  return [
    boxesRow(stored, ours, pairs, scoreThreshold),
    scoresRow(stored, ours, found),
    labelsRow(stored, ours, found),
  ];
}

function boxesRow(
  stored: DetectionList,
  ours: DetectionList,
  pairs: readonly Pair[],
  scoreThreshold: number,
): Row {
  const total = stored.scores.length;
  const found = pairs.filter(({ iou }) => iou >= SAME_IOU).length;
  const worst = pairs.length < total ? 0 : Math.min(1, ...pairs.map(({ iou }) => iou));
  const matched = new Set(pairs.map((pair) => pair.ours));
  const surplus = ours.scores.filter(
    (score, i) => !matched.has(i) && score > scoreThreshold + SCORE_TOLERANCE,
  );
  const more = surplus.length === 0 ? '' : `, and ${surplus.length} of ours that the file lacks`;
  return {
    key: 'det.boxes',
    ...coordinateDifferences(pairs, stored.boxes, ours.boxes),
    required: `all at IoU >= ${SAME_IOU}`,
    ok: found === total && surplus.length === 0,
    note: `${found} of ${total} found, worst IoU ${worst.toFixed(6)}${more}`,
  };
}

function scoresRow(stored: DetectionList, ours: DetectionList, found: readonly Pair[]): Row {
  const differences = found.map((pair) => stored.scores[pair.stored]! - ours.scores[pair.ours]!);
  const { difference, relative } = largest(differences, stored.scores);
  return {
    key: 'det.scores',
    difference,
    relative,
    required: `<= ${SCORE_TOLERANCE}`,
    ok: found.length === stored.scores.length && (difference ?? 0) <= SCORE_TOLERANCE,
    note: missing(stored, found),
  };
}

function labelsRow(stored: DetectionList, ours: DetectionList, found: readonly Pair[]): Row {
  const differences = found.map((pair) => stored.labels[pair.stored]! - ours.labels[pair.ours]!);
  const { difference, relative } = largest(differences, stored.labels);
  return {
    key: 'det.labels',
    difference,
    relative,
    required: 'equal',
    ok: found.length === stored.labels.length && (difference ?? 0) === 0,
    note: missing(stored, found),
  };
}

function missing({ scores }: DetectionList, found: readonly Pair[]): string {
  return found.length === scores.length
    ? ''
    : `${scores.length - found.length} of ${scores.length} not found`;
}

const CORNERS = [0, 1, 2, 3];

function coordinateDifferences(pairs: readonly Pair[], stored: Float32Array, ours: Float32Array) {
  const differences = pairs.flatMap((pair) =>
    CORNERS.map((i) => stored[4 * pair.stored + i]! - ours[4 * pair.ours + i]!),
  );
  return largest(differences, stored);
}

/** Absolute, and in deviations of the stored values; null where nothing was matched. */
function largest(differences: readonly number[], stored: Float32Array): Pick<Row, 'difference' | 'relative'> {
  if (differences.length === 0) return { difference: null, relative: null };
  const difference = differences.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { difference, relative: difference / deviationOf(stored) };
}
