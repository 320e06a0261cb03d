import type { HostTensor } from '../../src/model/safetensors.ts';
import { compareTensors, failed, type Row } from './compare.ts';
import { compareDetections, compareProposals } from './compare-sets.ts';
import { DETECTION_KEYS, isExpected, MISSING, matchedKeyFaults, TENSOR_TOLERANCES } from './keys.ts';
import type { Outputs } from './pieces.ts';

type Tensors = ReadonlyMap<string, HostTensor>;

/**
 * @param stored a golden file's tensors, more or fewer than there should be
 * @param scoreThreshold that of detections
 * @returns a row for each key of the file and each that it should have, but for the image
 */
export function compareAll(stored: Tensors, ours: Outputs, scoreThreshold: number): Row[] {
  const faults = matchedKeyFaults(stored);
  const unknown = [...stored.keys()].filter((key) => !isExpected(key));
  return [
    ...[...TENSOR_TOLERANCES].map(([key, tolerance]) => tensorRow(key, stored, ours.tensors, tolerance)),
    faults.has('proposals')
      ? failed('proposals', faults.get('proposals')!)
      : compareProposals(stored.get('proposals')!.values, ours.proposals),
    ...detectionRows(stored, ours, faults, scoreThreshold),
    ...unknown.map((key) => failed(key, 'nothing is known to hold it against')),
  ];
}

function tensorRow(key: string, stored: Tensors, ours: Tensors, tolerance: number): Row {
  const [theirs, own] = [stored.get(key), ours.get(key)];
  if (!theirs) return failed(key, MISSING);
  if (!own) return failed(key, 'not computed: the boxes that it starts from cannot be used');
  if (!key.endsWith('.mean_std')) return compareTensors(key, { ours: own, stored: theirs }, tolerance);
  // Of a mean and a deviation, the latter is the measure.
  const deviation = theirs.values[1] ?? 0;
  return deviation < 0
    ? failed(key, `the file's deviation is ${deviation}, expected >= 0`)
    : compareTensors(key, { ours: own, stored: theirs }, tolerance, deviation || 1);
}

function detectionRows(
  stored: Tensors,
  { detections }: Outputs,
  faults: ReadonlyMap<string, string>,
  scoreThreshold: number,
): Row[] {
  if (DETECTION_KEYS.some((key) => faults.has(key))) {
    return DETECTION_KEYS.map((key) =>
      failed(key, faults.get(key) ?? 'not matched: another part of the detections cannot be used'),
    );
  }
  const [boxes, scores, labels] = DETECTION_KEYS.map((key) => stored.get(key)!.values);
  return compareDetections({ boxes: boxes!, scores: scores!, labels: labels! }, detections, scoreThreshold);
}
