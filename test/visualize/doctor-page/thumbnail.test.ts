import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/system/random.ts';
import { thumbnail } from '../../../src/visualize/doctor-page/thumbnail.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();
const upright = { upright: true };

/** Left half red, right half blue. */
async function twoColors(width: number, height: number, orientation = 1): Promise<string> {
  const file = join(await tempFolder(), 'image.png');
  const half = { width: width / 2, height, channels: 3 as const };
  const red = await sharp({ create: { ...half, background: '#f00' } })
    .png()
    .toBuffer();
  await sharp({ create: { ...half, width, background: '#00f' } })
    .composite([{ input: red, left: 0, top: 0 }])
    .withMetadata({ orientation })
    .png()
    .toFile(file);
  return file;
}

async function decode(uri: string) {
  const { data, info } = await sharp(Buffer.from(uri.split(',')[1]!, 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const isRed = (x: number, y: number) => data[3 * (y * info.width + x)]! > 128;
  return { width: info.width, height: info.height, isRed };
}

describe('thumbnail', () => {
  it('is the part in view as a JPEG, at most 360 pixels wide and high', async () => {
    const file = await twoColors(2000, 1000);
    const view = { x: 899.5, y: -50, width: 400, height: 500 };
    const picture = (await thumbnail(file, view, upright))!;
    expect(picture.view).toEqual({ x: 899, y: 0, width: 401, height: 450 });
    expect(picture.uri).toMatch(/^data:image\/jpeg;base64,[A-Za-z0-9+/]+=*$/);
    const { width, height, isRed } = await decode(picture.uri);
    expect([width, height]).toEqual([321, 360]);
    // The colours meet at 1000 of the image: (1000 − 899) · 360 / 450.
    expect([isRed(70, 100), isRed(92, 100)]).toEqual([true, false]);
  });

  it('does not enlarge', async () => {
    const { width, height } = await decode(
      (await thumbnail(await twoColors(40, 20), { x: 0, y: 0, width: 40, height: 20 }, upright))!.uri,
    );
    expect([width, height]).toEqual([40, 20]);
  });

  it('turns the image as its EXIF says, or not', async () => {
    const file = await twoColors(40, 20, 6);
    const view = { x: 0, y: 0, width: 40, height: 40 };
    const turned = (await thumbnail(file, view, upright))!;
    const asStored = (await thumbnail(file, view, { upright: false }))!;
    expect([turned.view, asStored.view]).toMatchObject([
      { width: 20, height: 40 },
      { width: 40, height: 20 },
    ]);
    const stored = await decode(asStored.uri);
    expect([stored.isRed(5, 10), stored.isRed(35, 10)]).toEqual([true, false]);
    const up = await decode(turned.uri);
    expect([up.isRed(10, 5), up.isRed(10, 35)]).toEqual([true, false]);
  });

  it('is small also for noise, which hardly compresses', async () => {
    const random = createRandom('noise');
    const pixels = Uint8Array.from({ length: 500 * 500 * 3 }, () => random.int(256));
    const file = join(await tempFolder(), 'noise.png');
    await sharp(pixels, { raw: { width: 500, height: 500, channels: 3 } }).toFile(file);
    const view = { x: 100, y: 100, width: 360, height: 360 };
    const { uri } = (await thumbnail(file, view, upright))!;
    expect(uri.length).toBeLessThan(40_000);
  });

  it.each(['rgb16', 'b-w', 'cmyk'] as const)('shows an image of %s', async (space) => {
    const file = join(await tempFolder(), 'image.tif');
    await sharp(await twoColors(40, 20))
      .toColourspace(space)
      .tiff()
      .toFile(file);
    expect(await thumbnail(file, { x: 0, y: 0, width: 40, height: 20 }, upright)).not.toBeNull();
  });

  it('shows a damaged image as far as it goes', async () => {
    const random = createRandom('noise');
    const pixels = Uint8Array.from({ length: 200 * 200 * 3 }, () => random.int(256));
    const jpeg = await sharp(pixels, { raw: { width: 200, height: 200, channels: 3 } })
      .jpeg()
      .toBuffer();
    const file = join(await tempFolder(), 'half.jpg');
    await writeFile(file, jpeg.subarray(0, jpeg.length / 2));
    expect(await thumbnail(file, { x: 0, y: 0, width: 200, height: 200 }, upright)).not.toBeNull();
  });

  it('is null for what is no image, is not there, or has nothing in view', async () => {
    const folder = await tempFolder();
    const text = join(folder, 'text.jpg');
    await writeFile(text, 'no image');
    const view = { x: 0, y: 0, width: 40, height: 20 };
    expect(await thumbnail(text, view, upright)).toBeNull();
    expect(await thumbnail(join(folder, 'none.jpg'), view, upright)).toBeNull();
    expect(await thumbnail(await twoColors(40, 20), { ...view, x: 60 }, upright)).toBeNull();
  });
});
