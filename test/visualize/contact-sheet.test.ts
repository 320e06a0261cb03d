import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { contactSheetPng, drawSample, type SheetTile } from '../../src/visualize/contact-sheet.ts';
import { addBuilding, GREY, GREY_SIZES, greyBatch } from '../support/host-batch.ts';

const { imageSize: H } = GREY_SIZES;
/** 384 / 128 */
const SCALE = 3;

/** Pixel of the tile at the middle of the batch's pixel (y, x). */
function pixelAt({ canvas }: SheetTile, y: number, x: number): number[] {
  const start = 3 * ((SCALE * y + 1) * canvas.width + SCALE * x + 1);
  return [...canvas.pixels.subarray(start, start + 3)];
}

const isGrey = (pixel: number[]) => pixel.every((value) => value === GREY);

describe('drawSample', () => {
  it('shows the pixels of the batch, each as a square', async () => {
    const batch = greyBatch();
    const at = 3 * ((H + 40) * H + 70);
    batch.images.set([1, 0.5, 0], at);
    const tile = await drawSample(batch, 1);
    expect([tile.canvas.width, tile.canvas.height]).toEqual([384, 384 + 40]);
    const corners = [0, SCALE - 1].flatMap((dy) => [0, SCALE - 1].map((dx) => [dy, dx] as const));
    for (const [dy, dx] of corners) {
      const start = 3 * ((SCALE * 40 + dy) * 384 + SCALE * 70 + dx);
      expect([...tile.canvas.pixels.subarray(start, start + 3)]).toEqual([255, 128, 0]);
    }
    expect([pixelAt(tile, 40, 69), pixelAt(tile, 40, 71), pixelAt(tile, 41, 70)].every(isGrey)).toBe(true);
    // Sample 0 has no such pixel.
    expect(isGrey(pixelAt(await drawSample(batch, 0), 40, 70))).toBe(true);
  });

  it('paints the mask of each valid slot into its box, not the whole box and not the outline of the source', async () => {
    const batch = greyBatch();
    addBuilding(batch, 1, [20, 30, 48, 86], 7);
    const tile = await drawSample(batch, 0);
    expect(tile.buildings).toBe(1);
    // The mask fills the right half of the box: columns 58 to 86.
    expect(isGrey(pixelAt(tile, 34, 72))).toBe(false);
    expect(isGrey(pixelAt(tile, 34, 45))).toBe(true);
    expect(isGrey(pixelAt(tile, 60, 72))).toBe(true);
    // The box has a line around it also where there is no mask.
    const lineAt = (y: number, x: number) => [
      ...tile.canvas.pixels.subarray(3 * (y * 384 + x), 3 * (y * 384 + x) + 3),
    ];
    expect(isGrey(lineAt(SCALE * 34, SCALE * 30))).toBe(false);
    expect((await drawSample(batch, 1)).buildings).toBe(0);
  });

  it('leaves out what is no valid slot', async () => {
    const batch = greyBatch();
    addBuilding(batch, 0, [20, 30, 48, 86]);
    batch.valid[0] = 0;
    const tile = await drawSample(batch, 0);
    expect(tile.buildings).toBe(0);
    expect(isGrey(pixelAt(tile, 34, 60))).toBe(true);
  });

  it('gives neighbours different colours', async () => {
    const batch = greyBatch();
    addBuilding(batch, 0, [20, 30, 48, 58]);
    addBuilding(batch, 1, [20, 58, 48, 86]);
    const tile = await drawSample(batch, 0);
    expect(pixelAt(tile, 34, 44)).not.toEqual(pixelAt(tile, 34, 72));
  });

  it('hatches where there is no image', async () => {
    const batch = greyBatch();
    batch.images.fill(0, 3 * 100 * H, 3 * H * H);
    const tile = await drawSample(batch, 0);
    const colors = new Set([0, 2, 4, 6].map((x) => pixelAt(tile, 110, 20 + x).join()));
    expect(colors.size).toBe(2);
    expect([...colors].some((color) => color === '0,0,0')).toBe(false);
    expect(isGrey(pixelAt(tile, 90, 20))).toBe(true);
  });

  it('has name, origin and count below, also where a name is long or strange', async () => {
    const batch = greyBatch();
    const plain = await drawSample(batch, 0);
    const caption = (tile: SheetTile) => Buffer.from(tile.canvas.pixels.subarray(3 * 384 * 384));
    expect(caption(plain).equals(caption(await drawSample(batch, 1)))).toBe(false);
    batch.sources[0] = { ...batch.sources[0]!, name: `${'建物\n\u202e<b>&'.repeat(100)}.png`, origin: '' };
    const strange = await drawSample(batch, 0);
    expect(strange.canvas.height).toBe(plain.canvas.height);
    expect(caption(strange).equals(caption(plain))).toBe(false);
  });

  it('has a remark below where there is one to make', async () => {
    const caption = ({ canvas }: SheetTile) => Buffer.from(canvas.pixels.subarray(3 * 384 * 384));
    const [plain, remarked] = [
      await drawSample(greyBatch(), 0),
      await drawSample(greyBatch(), 0, 'box 3 has no area'),
    ];
    expect(caption(remarked).equals(caption(plain))).toBe(false);
    expect(remarked.canvas.height).toBe(plain.canvas.height);
  });

  it('copies: what is done to the batch afterwards changes nothing', async () => {
    const batch = greyBatch();
    const tile = await drawSample(batch, 0);
    batch.images.fill(1);
    expect(isGrey(pixelAt(tile, 5, 5))).toBe(true);
  });

  it.each([
    [64, 384],
    [512, 512],
    [1024, 512],
  ])('draws a sample of %i pixels on %i', async (size, side) => {
    const batch = {
      ...greyBatch(),
      imageSize: size,
      images: new Float32Array(2 * size * size * 3).fill(0.4),
    };
    const { canvas } = await drawSample(batch, 1);
    expect(canvas.width).toBe(side);
  });
});

describe('contactSheetPng', () => {
  it('lays tiles out row by row, about as many columns as rows', async () => {
    const tiles = await Promise.all(
      [10, 20, 30, 40, 50].map(async (shade) => {
        const batch = greyBatch();
        batch.images.fill(shade / 255);
        return drawSample(batch, 0);
      }),
    );
    const png = await contactSheetPng(tiles, 'five');
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([3 * 394 + 10, 34 + 2 * 434, 3]);
    const shadeAt = (row: number, column: number) =>
      data[3 * ((34 + row * 434 + 100) * info.width + 10 + column * 394 + 100)];
    expect([0, 1, 2].map((column) => shadeAt(0, column))).toEqual([10, 20, 30]);
    expect([0, 1].map((column) => shadeAt(1, column))).toEqual([40, 50]);
  });

  it('refuses a sheet without tiles', async () => {
    await expect(contactSheetPng([], '')).rejects.toThrow(RangeError);
  });

  it('gives tiles of several sizes cells of the largest, each at the top left of its own', async () => {
    const tileOf = (side: number, shade: number): SheetTile => ({
      canvas: { width: side, height: side + 40, pixels: new Uint8Array(side * (side + 40) * 3).fill(shade) },
      buildings: 0,
    });
    const tiles = [tileOf(96, 200), tileOf(128, 150), tileOf(64, 100), tileOf(96, 250)];
    const { data, info } = await sharp(await contactSheetPng(tiles, 'sizes'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([2 * 138 + 10, 34 + 2 * 178]);
    const shadeAt = (y: number, x: number) => data[3 * (y * info.width + x)];
    const corners = [
      [34, 10],
      [34, 148],
      [34 + 178, 10],
      [34 + 178, 148],
    ] as const;
    expect(corners.map(([y, x]) => shadeAt(y, x))).toEqual([200, 150, 100, 250]);
    // Below and beside the smallest there is the sheet.
    const background = shadeAt(0, 0);
    expect([shadeAt(34 + 178 + 104, 10), shadeAt(34 + 178, 10 + 64)]).toEqual([background, background]);
    expect(shadeAt(34 + 178 + 103, 10 + 63)).toBe(100);
  });
});
