/** Our side of the suite `evaluate`: `node ours.ts KIND`, driven line by line by `measureInTurns`. */
import { createInterface } from 'node:readline';
import { type CocoMetrics, cocoFigures } from '../../../src/evaluate/coco/coco-figures.ts';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import type { ImageMatches } from '../../../src/evaluate/matching/matching.ts';
import {
  type MatchKind,
  matchBoxes,
  matchMasks,
  rankDetections,
} from '../../../src/evaluate/matching/measure-image.ts';
import { boundaryOverlaps, maskOverlaps } from '../../../src/evaluate/matching/overlaps.ts';
import { type CocoSet, readCocoSet } from './coco-set.ts';

const MAX_DETECTIONS = 100;
const NO_MASK = { size: [0, 0] as [number, number], counts: new Uint32Array(0) };

function evaluate(set: CocoSet, kind: MatchKind): CocoMetrics {
  const images = kind === 'box' ? readCocoSet(set, () => NO_MASK) : readCocoSet(set);
  const matches = images.sort((a, b) => a.id - b.id).map((image) => match(image, kind));
  return cocoFigures(matches, MAX_DETECTIONS);
}

function match({ detections, truth }: EvaluatedImage, kind: MatchKind): ImageMatches {
  const ranked = Array.from(rankDetections(detections, MAX_DETECTIONS), (index) => detections[index]!);
  if (kind === 'box') return matchBoxes(ranked, truth);
  const overlaps = maskOverlaps(ranked, truth);
  return matchMasks(ranked, truth, kind === 'mask' ? overlaps : boundaryOverlaps(ranked, truth, overlaps));
}

const kind = process.argv[2] as MatchKind;
let set: CocoSet | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  if (set) {
    const start = performance.now();
    const output = evaluate(set, kind);
    console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, output }));
  } else {
    set = JSON.parse(line);
    console.log('{}');
  }
}
