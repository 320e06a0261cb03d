/** Our side of the suite `evaluate`, driven line by line by `measureInTurns`. */
import { createInterface } from 'node:readline';
import type { EvaluatedImage } from '../../../src/evaluate/detections.ts';
import { evaluateDetections, type Metrics } from '../../../src/evaluate/evaluate-detections.ts';
import { rleFromString } from '../../../src/masks/rle.ts';
import type { CocoSet } from './random-set.ts';

function evaluate(set: CocoSet): Metrics {
  const images = new Map<number, EvaluatedImage>();
  for (const image of set.images) images.set(image.id, { ...image, truth: [], detections: [] });
  for (const entry of set.annotations) {
    images.get(entry.image_id)!.truth.push({ ...shapeOf(entry), area: entry.area, crowd: false });
  }
  for (const entry of set.results) {
    images.get(entry.image_id)!.detections.push({ ...shapeOf(entry), score: entry.score });
  }
  const options = { maxDetections: set.max_detections, scoreThreshold: 0.5 };
  return evaluateDetections([...images.values()], options);
}

function shapeOf({
  bbox,
  segmentation: { counts, size },
}: CocoSet['results'][number] | CocoSet['annotations'][number]) {
  const [x, y, width, height] = bbox;
  const box: EvaluatedImage['truth'][number]['box'] = [y!, x!, y! + height!, x! + width!];
  return { box, mask: rleFromString(counts, size) };
}

let set: CocoSet | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  if (set) {
    const start = performance.now();
    const output = evaluate(set);
    console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, output }));
  } else {
    set = JSON.parse(line);
    console.log('{}');
  }
}
