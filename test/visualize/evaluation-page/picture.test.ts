import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/system/random.ts';
import { pictureUri } from '../../../src/visualize/evaluation-page/picture.ts';

async function decoded(uri: string | null) {
  const [, base64] = /^data:image\/webp;base64,(.+)$/.exec(uri!)!;
  return sharp(Buffer.from(base64!, 'base64'));
}

function noise(width: number, height: number, channels: 3 | 4 = 3) {
  const random = createRandom('noise');
  const pixels = Uint8Array.from({ length: width * height * channels }, () => random.int(256));
  return sharp(pixels, { raw: { width, height, channels } }).png().toBuffer();
}

describe('pictureUri', () => {
  it('is at most 512 pixels long, in its proportions, and as large as it was below that', async () => {
    for (const [size, expected] of [
      [
        [1024, 512],
        [512, 256],
      ],
      [
        [300, 200],
        [300, 200],
      ],
    ] as const) {
      const file = await noise(size[0], size[1]);
      const { width, height, channels } = await (
        await decoded(await pictureUri(async () => file))
      ).metadata();
      expect([width, height, channels]).toEqual([...expected, 3]);
    }
  });

  it('takes transparent and grey files', async () => {
    for (const file of [
      await noise(64, 64, 4),
      await sharp(await noise(64, 64))
        .greyscale()
        .png()
        .toBuffer(),
    ]) {
      expect((await (await decoded(await pictureUri(async () => file))).metadata()).width).toBe(64);
    }
  });

  it('keeps even noise below 64 kB, and what is smooth well below that', async () => {
    const file = await noise(512, 512);
    expect((await pictureUri(async () => file))!.length).toBeLessThan((4 / 3) * 64 * 1024);
    const plain = await sharp({ create: { width: 512, height: 512, channels: 3, background: '#567' } })
      .png()
      .toBuffer();
    expect((await pictureUri(async () => plain))!.length).toBeLessThan(2000);
  });

  it('is null for what cannot be read', async () => {
    expect(await pictureUri(async () => Buffer.from('no image'))).toBeNull();
    expect(await pictureUri(() => Promise.reject(new Error('gone')))).toBeNull();
  });
});
