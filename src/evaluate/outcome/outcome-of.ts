/**
 * What became of each building and of each detection of an image at a score threshold.
 */
import { rleArea } from '../../masks/rle.ts';
import { sizeClassOf } from '../images/building-classes.ts';
import type { EvaluatedImage } from '../images/detections.ts';
import type { MeasuredImage } from '../matching/measure-image.ts';
import { buildingErrors, DETECTION_KINDS, type TideImage } from '../tide/tide.ts';
import { buildingGaps } from './building-gaps.ts';
import { type Correspondence, correspondence } from './correspondence.ts';
import type { BuildingOutcome, DetectionOutcome, ImageOutcome } from './outcome.ts';
import { countUnionPixels } from './union-agreement.ts';

/**
 * @param measured of this very image
 * @param scoreThreshold 0-1; detections from there on count
 * @throws RangeError for another image's measures
 */
export function outcomeOf(
  image: EvaluatedImage,
  measured: Pick<MeasuredImage, 'id' | 'categories' | 'tide'>,
  scoreThreshold: number,
): ImageOutcome {
  const { id, name, origin, width, height } = image;
  if (measured.id !== id) throw new RangeError(`outcomeOf: image ${id} with the measures of ${measured.id}`);
  const chosen: ChosenImage = {
    image,
    tide: measured.tide,
    order: chooseDetections(image, measured, scoreThreshold),
  };
  const shared = shareOut(chosen);
  return {
    id,
    name,
    origin,
    size: [height, width],
    buildings: judgeBuildings(chosen, shared),
    detections: judgeDetections(chosen, shared),
    pixels: countPixels(chosen),
  };
}

/** G buildings and crowd regions · N detections from the threshold on, the first of those in `tide`. */
interface ChosenImage {
  image: EvaluatedImage;
  tide: TideImage;
  /** [N] index of each in the image's own list */
  order: number[];
}

function chooseDetections(
  { detections }: EvaluatedImage,
  { categories }: Pick<MeasuredImage, 'categories'>,
  scoreThreshold: number,
): number[] {
  return categories
    .flatMap(({ order }) => Array.from(order))
    .filter((index) => detections[index]!.score >= scoreThreshold)
    .sort((a, b) => detections[b]!.score - detections[a]!.score || a - b);
}

/** @returns merged and split [G], merges and piece [N]; crowd regions and what was found in them have no part in it */
function shareOut({ image: { truth, detections }, tide, order }: ChosenImage): Correspondence {
  const buildings = [...truth.keys()].filter((g) => !truth[g]!.crowd);
  const counted = [...order.keys()].filter((n) => kindOf(tide, n) !== 'crowd');
  const place = new Map(buildings.map((g, building) => [g, building]));
  const found = correspondence({
    buildings: buildings.map((g) => truth[g]!.mask),
    detections: counted.map((n) => detections[order[n]!]!.mask),
    hits: counted.map((n) => (kindOf(tide, n) === 'hit' ? place.get(tide.buildings[n]!)! : -1)),
  });
  return {
    merged: scatter(found.merged, buildings, truth.length),
    split: scatter(found.split, buildings, truth.length),
    merges: scatter(found.merges, counted, order.length),
    piece: scatter(found.piece, counted, order.length),
  };
}

function kindOf(tide: TideImage, n: number) {
  return DETECTION_KINDS[tide.kinds[n]!]!;
}

function scatter(values: Uint8Array, places: readonly number[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  for (const [i, place] of places.entries()) all[place] = values[i]!;
  return all;
}

function judgeBuildings(
  { image: { truth }, tide, order }: ChosenImage,
  { merged, split }: Correspondence,
): BuildingOutcome[] {
  const gaps = buildingGaps(truth.filter(({ crowd }) => !crowd).map(({ mask }) => mask));
  const errors = buildingErrors(tide, order.length);
  const buildings = [...truth.keys()].filter((g) => !truth[g]!.crowd);
  return buildings.map((g, at): BuildingOutcome => {
    const { kind, detection: n } = errors[g]!;
    const { area } = truth[g]!;
    return {
      truth: g,
      kind,
      merged: merged[g] === 1,
      split: split[g] === 1,
      detection: n < 0 ? -1 : order[n]!,
      iou: n < 0 ? 0 : tide.ious[n]!,
      size: sizeClassOf(area),
      area,
      gap: gaps[at]!,
    };
  });
}

function judgeDetections(
  { image: { detections }, tide, order }: ChosenImage,
  { merges, piece }: Correspondence,
): DetectionOutcome[] {
  return order.map((detection, n) => {
    const { mask, score } = detections[detection]!;
    return {
      detection,
      kind: kindOf(tide, n),
      merges: merges[n] === 1,
      piece: piece[n] === 1,
      truth: tide.buildings[n]!,
      iou: tide.ious[n]!,
      size: sizeClassOf(rleArea(mask)),
      score,
    };
  });
}

function countPixels({ image: { truth, detections }, order }: ChosenImage) {
  const masksOf = (crowds: boolean) => truth.filter(({ crowd }) => crowd === crowds).map(({ mask }) => mask);
  const found = order.map((index) => detections[index]!.mask);
  return countUnionPixels(masksOf(false), found, masksOf(true));
}
