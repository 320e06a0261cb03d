/**
 * The picture that explains a result: [ Original | Ground Truth | Prediction ] side by side, with a header.
 */
import sharp from 'sharp';
import type { Detection, GroundTruth } from '../evaluate/images/detections.ts';
import type { Rle } from '../masks/rle.ts';
import { type Color, type FoundInstance, instanceColors } from './instance-colors.ts';
import { type Canvas, paintMask } from './paint-mask.ts';
import { scoreLabels } from './score-labels.ts';
import { fitText, textSvg, textWidth } from './text.ts';

export interface ComparisonInput {
  /** [height, width, 3] 0-255 */
  image: Uint8Array;
  height: number;
  width: number;
  truth: readonly GroundTruth[];
  /** Those to show, each with the building of `truth` that it found. */
  detections: readonly (Detection & FoundInstance)[];
  /** The score from which on detections are shown; named in the header. */
  scoreThreshold?: number;
  /** One line above the panels, a file's name for instance. */
  title?: string;
}

/** Pixels. */
const MIN_PANEL_SIDE = 384;
const MARGIN = 10;
const SEPARATOR = 6;
const HEADER_HEIGHT = 32;
const TITLE_HEIGHT = 26;
const BACKGROUND = '#14171b';
const BRIGHT_TEXT = { size: 11, color: '#f1f3f4', weight: 1.5 };
const FAINT_TEXT = { size: 11, color: '#9aa4ae', weight: 1.25 };

/**
 * @returns a PNG. Images below 384 px on their longer side are enlarged by a whole factor. Neighbouring buildings differ
 *   in colour; a detection has the colour of the building that it found.
 * @throws RangeError when the image has not height * width * 3 values, or a mask has another size
 */
export async function comparisonPng(input: ComparisonInput): Promise<Buffer> {
  assertInput(input);
  const scale = Math.max(1, Math.ceil(MIN_PANEL_SIDE / Math.max(input.height, input.width)));
  const original = await enlarge(input, scale);
  const colors = instanceColors(input.truth, input.detections);
  const panels = [
    original,
    paintedCopy(original, input.truth, colors.truth, scale),
    paintedCopy(original, input.detections, colors.detections, scale),
  ];
  const [height, width] = [original.height, original.width];
  const top = HEADER_HEIGHT + (input.title ? TITLE_HEIGHT : 0);
  const lefts = panels.map((_, i) => MARGIN + i * (width + SEPARATOR));
  const total = { width: lefts[2]! + width + MARGIN, height: top + height + MARGIN };
  const labels = scoreLabels(input.detections, scale, [height, width]);
  const text = `${header(input, lefts, width)}<g transform="translate(${lefts[2]} ${top})">${labels}</g>`;
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${total.width}" height="${total.height}">${text}</svg>`;
  return sharp({ create: { ...total, channels: 3, background: BACKGROUND } })
    .composite([
      ...panels.map((panel, i) => ({
        input: Buffer.from(panel.pixels.buffer),
        raw: { height, width, channels: 3 as const },
        top,
        left: lefts[i]!,
      })),
      { input: Buffer.from(overlay), top: 0, left: 0 },
    ])
    .removeAlpha()
    .png({ adaptiveFiltering: true })
    .toBuffer();
}

/**
 * By a whole factor, with pixels exactly where their outlines are drawn. What libvips enlarges comes out half a pixel of
 * the result too far to the right and down (https://github.com/libvips/libvips/issues/943): made twice as large as
 * wanted, its odd rows and columns are the ones that belong in the places of the result.
 */
async function enlarge({ image, height, width }: ComparisonInput, scale: number): Promise<Canvas> {
  const size = { height: height * scale, width: width * scale };
  if (scale === 1) return { ...size, pixels: Uint8Array.from(image) };
  const twice = await sharp(image, { raw: { height, width, channels: 3 } })
    .resize({ height: 2 * size.height, width: 2 * size.width, kernel: 'cubic' })
    .raw()
    .toBuffer();
  const pixels = new Uint8Array(3 * size.height * size.width);
  for (let y = 0, to = 0; y < size.height; y++) {
    let from = 3 * (2 * size.width * (2 * y + 1) + 1);
    for (let x = 0; x < size.width; x++, from += 6) {
      pixels[to++] = twice[from]!;
      pixels[to++] = twice[from + 1]!;
      pixels[to++] = twice[from + 2]!;
    }
  }
  return { ...size, pixels };
}

function paintedCopy(
  original: Canvas,
  instances: readonly { mask: Rle }[],
  colors: readonly Color[],
  scale: number,
): Canvas {
  const canvas = { ...original, pixels: Uint8Array.from(original.pixels) };
  for (const [i, { mask }] of instances.entries()) paintMask(canvas, mask, colors[i]!, scale);
  return canvas;
}

/** Names the columns, and above them the image. */
function header(input: ComparisonInput, lefts: readonly number[], width: number): string {
  const top = input.title ? TITLE_HEIGHT : 0;
  const threshold = input.scoreThreshold === undefined ? '' : ` ≥ ${input.scoreThreshold.toFixed(2)}`;
  const columns = [
    ['Original', `${input.width} × ${input.height} px`],
    ['Ground truth', countText(input.truth.length)],
    ['Prediction', `${countText(input.detections.length)}${threshold}`],
  ] as const;
  const y = top + (HEADER_HEIGHT - BRIGHT_TEXT.size) / 2;
  const names = columns.map(([name, note], i) => {
    const noteX = lefts[i]! + textWidth(`${name} `, BRIGHT_TEXT.size) + 4;
    return (
      textSvg(name, lefts[i]!, y, BRIGHT_TEXT) +
      textSvg(fitText(`· ${note}`, FAINT_TEXT.size, lefts[i]! + width - noteX), noteX, y, FAINT_TEXT)
    );
  });
  const title = input.title ? fitText(input.title, BRIGHT_TEXT.size, lefts[2]! + width - MARGIN) : '';
  return names.join('') + textSvg(title, MARGIN, MARGIN + 2, BRIGHT_TEXT);
}

function countText(count: number): string {
  return count === 0 ? 'no buildings' : `${count} ${count === 1 ? 'building' : 'buildings'}`;
}

function assertInput({ image, height, width, truth, detections }: ComparisonInput): void {
  if (image.length !== height * width * 3) {
    throw new RangeError(`comparisonPng: expected ${height}x${width}x3 values, got ${image.length}`);
  }
  for (const { size } of [...truth, ...detections].map(({ mask }) => mask)) {
    if (size[0] === height && size[1] === width) continue;
    throw new RangeError(
      `comparisonPng: the image has ${height}x${width} pixels, but a mask ${size.join('x')}`,
    );
  }
}
