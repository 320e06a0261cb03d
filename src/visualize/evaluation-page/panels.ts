/**
 * [ Original | Ground truth | Prediction ] of an image. Its picture is in the page once, and used three times.
 */
import type { EvaluatedImage } from '../../evaluate/images/detections.ts';
import type { BuildingOutcome, DetectionOutcome } from '../../evaluate/outcome/outcome.ts';
import type { Rle } from '../../masks/rle.ts';
import { type Html, html } from '../html.ts';
import { classOfBuilding, classOfDetection } from '../outcome-classes.ts';
import { figure, percent, plural } from '../page/format.ts';
import { MARK_ORDER, type Mark } from './error-kinds.ts';
import { outlinePath, UNITS_PER_PIXEL } from './outline-path.ts';
import type { PageCase } from './page-case.ts';
import { pictureUri } from './picture.ts';

/** An outline with the text that a pointer upon it shows. */
interface Outline {
  mark: Mark;
  text: string;
  mask: Rle;
}

/** @param id unique in the page */
export async function casePanels({ image, outcome, picture }: PageCase, id: string): Promise<Html> {
  const uri = picture && (await pictureUri(picture));
  const [width, height] = [UNITS_PER_PIXEL * image.width, UNITS_PER_PIXEL * image.height];
  const pixels = uri === null ? html`` : html`<use href="#${id}"></use>`;
  const stored =
    uri === null
      ? html``
      : html`<defs><image id="${id}" href="${uri}" width="${width}" height="${height}" preserveAspectRatio="none"></image></defs>`;
  const truth = truthOutlines(image, outcome.buildings);
  const found = outcome.detections.map((detection) => detectionOutline(image, detection));
  const counts = [plural(outcome.buildings.length, 'building'), plural(found.length, 'detection')] as const;
  const panel = (caption: string, content: Html) =>
    html`<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${caption}">${content}</svg><figcaption>${caption}</figcaption></figure>
`;
  return html`<div class="panels">
${panel(uri === null ? 'Original: no picture' : 'Original', html`${stored}${pixels}`)}${panel(
  `Ground truth: ${counts[0]}`,
  html`${pixels}${drawn(truth, `${id}t`, image)}`,
)}${panel(`Prediction: ${counts[1]}`, html`${pixels}${drawn(found, `${id}d`, image)}`)}</div>
`;
}

function truthOutlines({ truth }: EvaluatedImage, buildings: readonly BuildingOutcome[]): Outline[] {
  const crowds = truth
    .filter(({ crowd }) => crowd)
    .map(({ mask }): Outline => ({ mark: 'crowd', text: 'not told apart: does not count', mask }));
  return [
    ...crowds,
    ...buildings.map((building): Outline => {
      return {
        mark: classOfBuilding(building),
        text: buildingText(building),
        mask: truth[building.truth]!.mask,
      };
    }),
  ];
}

const BUILDING_TEXTS = {
  hit: 'found',
  class: 'found as another category',
  localisation: 'badly outlined',
  missed: 'missed',
} as const;

function buildingText({ kind, merged, split, iou, area, size, gap }: BuildingOutcome): string {
  const parts = [
    BUILDING_TEXTS[kind],
    ...(merged ? ['shares a detection'] : []),
    ...(split ? ['in several pieces'] : []),
    ...(iou > 0 ? [`IoU ${percent(iou)}`] : []),
    `${figure(area)} px² (${size})`,
    ...(gap === null ? [] : [gap === 0 ? 'touches the next' : `${figure(gap)} px to the next`]),
  ];
  return parts.join(', ');
}

const DETECTION_TEXTS = {
  hit: 'right',
  class: 'wrong category',
  localisation: 'badly outlined',
  both: 'wrong category and badly outlined',
  duplicate: 'duplicate',
  background: 'false alarm',
  crowd: 'where buildings are not told apart: does not count',
} as const;

function detectionOutline(image: EvaluatedImage, detection: DetectionOutcome): Outline {
  const { kind, merges, piece, iou, score } = detection;
  const parts = [
    DETECTION_TEXTS[kind],
    ...(merges ? ['merges buildings'] : []),
    ...(piece ? ['a piece of a building'] : []),
    ...(iou > 0 ? [`IoU ${percent(iou)}`] : []),
    `score ${score.toFixed(2)}`,
  ];
  const { mask } = image.detections[detection.detection]!;
  return { mark: classOfDetection(detection), text: parts.join(', '), mask };
}

/** Pixels of the screen at which a panel's longest side is shown, in cards as wide as the page. */
const PANEL_SIDE = 350;

/** A dark line under the bright ones, which are used again for it, keeps these visible on any roof. */
function drawn(outlines: readonly Outline[], id: string, { width, height }: EvaluatedImage): Html {
  if (outlines.length === 0) return html``;
  const halfPixel = Math.max(width, height) / PANEL_SIDE / 2;
  const lowestFirst = outlines.toSorted((a, b) => MARK_ORDER.indexOf(a.mark) - MARK_ORDER.indexOf(b.mark));
  const paths = lowestFirst.map(
    ({ mark, text, mask }) =>
      html`<path class="m-${mark}" d="${outlinePath(mask, halfPixel)}"><title>${text}</title></path>`,
  );
  return html`<use class="shade" href="#${id}"></use><g id="${id}">${paths}</g>`;
}
