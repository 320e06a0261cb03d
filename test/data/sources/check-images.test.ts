import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { outlineOf } from '../../../src/data/sources/building-outline.ts';
import { checkImages } from '../../../src/data/sources/check-images.ts';
import { UserError } from '../../../src/system/errors.ts';
import { square, tinyImage } from '../../support/source-zips.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

async function check(content: Buffer | string) {
  const file = join(await tempFolder(), 'stored');
  await writeFile(file, content);
  const buildings = [outlineOf([square(1, 1, 5)])];
  const image = { file, name: 'a.jpg', width: 32, height: 24, origin: 'local', temporary: true, buildings };
  return checkImages({ images: [image], dropped: { 'image: file is missing': 2 } }, 'train.zip');
}

describe('checkImages', () => {
  it.each(['png', 'jpeg', 'webp'] as const)('lets a sound %s pass', async (format) => {
    const { images, dropped } = await check(await tinyImage(50, format));
    expect(images).toHaveLength(1);
    expect(dropped).toEqual({ 'image: file is missing': 2 });
  });

  it('drops an image of another size than the annotations say, with its buildings', async () => {
    const { images, dropped } = await check(
      await sharp(await tinyImage())
        .resize(24, 32)
        .png()
        .toBuffer(),
    );
    expect(images).toEqual([]);
    expect(dropped).toEqual({
      'image: file is missing': 2,
      'image: size differs from the annotations': 1,
      'building: of a dropped image': 1,
    });
  });

  it('drops an image that EXIF turns', async () => {
    const turned = await sharp(await tinyImage())
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect((await check(turned)).dropped['image: rotated by EXIF']).toBe(1);
  });

  it('says that an image of more pixels than can be read must be cut into tiles', async () => {
    const png = await tinyImage();
    // Width and height stand in the first chunk of a PNG, whose CRC-32 follows.
    png.writeUInt32BE(20_000, 16);
    png.writeUInt32BE(15_000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    const failure = check(png);
    await expect(failure).rejects.toBeInstanceOf(UserError);
    await expect(failure).rejects.toThrow(
      /^Image a\.jpg of train\.zip has 20000 x 15000 pixels, and at most 268 million can be read: cut it into smaller tiles/,
    );
  });

  it('names an image that does not decode, and what to do', async () => {
    const jpeg = await tinyImage(50, 'jpeg');
    const noise = await sharp({
      create: {
        width: 32,
        height: 24,
        channels: 3,
        background: 'gray',
        noise: { type: 'gaussian', mean: 128, sigma: 50 },
      },
    })
      .png()
      .toBuffer();
    for (const broken of ['<html>not found</html>', '', jpeg.subarray(0, 200), noise.subarray(0, 900)]) {
      const failure = check(broken);
      await expect(failure).rejects.toBeInstanceOf(UserError);
      await expect(failure).rejects.toThrow(
        /^Image a\.jpg of train\.zip does not decode \(.+\): put a sound copy in its place, or remove it and its entry in the annotations$/,
      );
    }
  });
});
