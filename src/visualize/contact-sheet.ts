/**
 * What training sees, on one sheet: samples of a batch with their buildings, as they stand in the batch's memory.
 *
 * H = imageSize · M = maxInstances · K = maskSize
 */
import sharp from 'sharp';
import type { HostBatch } from '../data/host-batch.ts';
import { pasteMask } from '../masks/paste.ts';
import { rleArea } from '../masks/rle.ts';
import { printable } from '../system/printable.ts';
import { hatchBlack } from './hatch-black.ts';
import { type Color, instanceColors } from './instance-colors.ts';
import { type Canvas, paintMask } from './paint-mask.ts';
import { fitText, textSvg } from './text.ts';

/** A sample that is drawn. */
export interface SheetTile {
  /** A square, with the caption below. */
  canvas: Canvas;
  /** Buildings in it. */
  buildings: number;
}

/** Pixels: samples are enlarged by a whole factor towards the first, and made smaller from the second on. */
const TILE_SIDE = 384;
const MOST_TILE_SIDE = 512;
const CAPTION_HEIGHT = 40;
/** Pixels, so that half of the first letter's stroke is not cut off. */
const CAPTION_INDENT = 2;
const GAP = 10;
const HEADER_HEIGHT = 34;
const BACKGROUND = '#14171b';
const BRIGHT_TEXT = { size: 10, color: '#f1f3f4', weight: 1.4 };
const FAINT_TEXT = { size: 9, color: '#9aa4ae', weight: 1.15 };
/** 0–1 */
const COVERED = 0.5;

/**
 * Draws sample `n` of a batch: its pixels, each building's mask pasted into its box, and the box; a hatch where there is no
 * image. Copies what it needs, so that the batch's memory may be used again.
 * @param remark below it, instead of where the sample comes from
 */
export async function drawSample(batch: HostBatch, n: number, remark?: string): Promise<SheetTile> {
  const { imageSize, sources } = batch;
  const scale = Math.max(1, Math.round(TILE_SIDE / imageSize));
  const buildings = buildingsOf(batch, n);
  const colors = instanceColors(buildings).truth;
  const pixels = bytesOf(batch, n);
  hatchBlack(pixels, imageSize);
  const canvas = enlarge(pixels, imageSize, scale);
  for (const [i, { mask }] of buildings.entries()) {
    if (rleArea(mask) > 0) paintMask(canvas, mask, colors[i]!, scale);
  }
  const { name, origin } = sources[n]!;
  const count = `${buildings.length} building${buildings.length === 1 ? '' : 's'}`;
  const boxes = buildings.map(({ box }, i) => boxSvg(box, colors[i]!, scale)).join('');
  const facts = remark ?? `${printable(origin)} · ${count}`;
  const tile = await finish(canvas, boxes, [printable(name), facts]);
  return { canvas: tile, buildings: buildings.length };
}

/**
 * @param title one line above the tiles
 * @returns a PNG: the tiles row by row, in about as many columns as rows, each at the top left of a cell that holds the largest
 * @throws RangeError where there is no tile
 */
export async function contactSheetPng(tiles: readonly SheetTile[], title: string): Promise<Buffer> {
  if (tiles.length === 0) throw new RangeError('contactSheetPng: expected at least one tile');
  const width = Math.max(...tiles.map(({ canvas }) => canvas.width));
  const height = Math.max(...tiles.map(({ canvas }) => canvas.height));
  const columns = Math.ceil(Math.sqrt(tiles.length));
  const rows = Math.ceil(tiles.length / columns);
  const total = {
    width: columns * (width + GAP) + GAP,
    height: HEADER_HEIGHT + rows * (height + GAP),
  };
  const text = textSvg(
    fitText(title, BRIGHT_TEXT.size, total.width - 2 * GAP),
    GAP,
    (HEADER_HEIGHT - BRIGHT_TEXT.size) / 2,
    BRIGHT_TEXT,
  );
  return sharp({ create: { ...total, channels: 3, background: BACKGROUND }, limitInputPixels: false })
    .composite([
      ...tiles.map(({ canvas }, i) => ({
        input: Buffer.from(canvas.pixels.buffer),
        raw: { width: canvas.width, height: canvas.height, channels: 3 as const },
        left: GAP + (i % columns) * (width + GAP),
        top: HEADER_HEIGHT + Math.floor(i / columns) * (height + GAP),
      })),
      { input: svgOf(total.width, HEADER_HEIGHT, text), left: 0, top: 0 },
    ])
    .removeAlpha()
    .png({ adaptiveFiltering: true })
    .toBuffer();
}

/** Those of valid slots, in the form that colours and paint need. */
function buildingsOf({ imageSize, maxInstances, maskSize, boxes, masks, valid }: HostBatch, n: number) {
  const slots = Array.from({ length: maxInstances }, (_, m) => n * maxInstances + m);
  return slots
    .filter((slot) => valid[slot] === 1)
    .map((slot) => {
      const box = [...boxes.subarray(4 * slot, 4 * slot + 4)] as [number, number, number, number];
      const coverage = masks.subarray(slot * maskSize ** 2, (slot + 1) * maskSize ** 2);
      const mask = pasteMask(coverage, box, [imageSize, imageSize], COVERED);
      return { box, mask, area: rleArea(mask), crowd: false };
    });
}

/** @returns [H, H, 3] 0–255 */
function bytesOf({ imageSize, images }: HostBatch, n: number): Uint8Array {
  const values = imageSize * imageSize * 3;
  const bytes = new Uint8Array(values);
  for (let i = 0; i < values; i++) bytes[i] = Math.round(255 * images[n * values + i]!);
  return bytes;
}

/** Each pixel becomes a square of `scale` pixels: what is seen is what the network gets. */
function enlarge(pixels: Uint8Array, side: number, scale: number): Canvas {
  const width = side * scale;
  const enlarged = new Uint8Array(width * width * 3);
  for (let y = 0; y < width; y++) {
    const row = Math.floor(y / scale) * side;
    for (let x = 0; x < width; x++) {
      const from = 3 * (row + Math.floor(x / scale));
      const to = 3 * (y * width + x);
      for (let c = 0; c < 3; c++) enlarged[to + c] = pixels[from + c]!;
    }
  }
  return { width, height: width, pixels: enlarged };
}

type Box = readonly [y1: number, x1: number, y2: number, x2: number];

function boxSvg(box: Box, color: Color, scale: number): string {
  const [y1, x1, y2, x2] = box.map((value) => Math.round(value * scale * 10) / 10) as [
    number,
    number,
    number,
    number,
  ];
  return `<rect x="${x1}" y="${y1}" width="${x2 - x1}" height="${y2 - y1}" fill="none" stroke="rgb(${color.join()})" stroke-opacity="0.8"/>`;
}

/** Boxes over it, made smaller where it is large, two lines of text below. */
async function finish(canvas: Canvas, boxes: string, [name, facts]: [string, string]): Promise<Canvas> {
  const side = Math.min(MOST_TILE_SIDE, canvas.width);
  const raw = { width: canvas.width, height: canvas.height, channels: 3 as const };
  const withBoxes = await sharp(canvas.pixels, { raw })
    .composite([{ input: svgOf(canvas.width, canvas.height, boxes), left: 0, top: 0 }])
    .removeAlpha()
    .raw()
    .toBuffer();
  const room = side - CAPTION_INDENT;
  const caption =
    textSvg(fitText(name, BRIGHT_TEXT.size, room), CAPTION_INDENT, 6, BRIGHT_TEXT) +
    textSvg(fitText(facts, FAINT_TEXT.size, room), CAPTION_INDENT, 23, FAINT_TEXT);
  const buffer = await sharp(withBoxes, { raw })
    .resize(side, side)
    .extend({ bottom: CAPTION_HEIGHT, background: BACKGROUND })
    .composite([{ input: svgOf(side, CAPTION_HEIGHT, caption), left: 0, top: side }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width: side, height: side + CAPTION_HEIGHT, pixels: new Uint8Array(buffer) };
}

function svgOf(width: number, height: number, content: string): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`,
  );
}
