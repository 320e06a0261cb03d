import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { examineImages } from '../../../src/data/doctor/examine.ts';
import { putImage, sampleAt } from '../../support/doctor-samples.ts';
import { examineOne, rawOf } from '../../support/examine-one.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { testParams } from '../../support/test-params.ts';
import { tiffOf } from '../../support/tiff.ts';

const newFolder = useTempFolders();

describe('images of more than 8 bits', () => {
  /** Values 0 to `most` over the image, as `channels` channels of 16 bits. */
  const rising = (most: number, channels: number) =>
    Uint16Array.from({ length: 64 * 48 * channels }, (_, i) =>
      Math.round((most * i) / (64 * 48 * channels - 1)),
    );
  const deep = (most: number, channels: 1 | 3) =>
    sharp(rising(most, channels), { raw: { width: 64, height: 48, channels } }).toColourspace(
      channels === 1 ? 'grey16' : 'rgb16',
    );
  const deepTiff = (most: number, channels: number, meaning: 'grey' | 'rgb') =>
    tiffOf({ width: 64, height: 48, channels, samples: rising(most, channels), meaning });

  it.each([
    [2000, 11, 'a.tif'],
    [2000, 11, 'a.png'],
    [65_535, 16, 'a.png'],
    [1023, 10, 'a.tif'],
    [255, 8, 'a.tif'],
  ])('scales values up to %d from %d bits (%s)', async (most, bits, name) => {
    const folder = await newFolder();
    const image16 = name.endsWith('.tif') ? deepTiff(most, 3, 'rgb') : deep(most, 3);
    await putImage(join(folder, name), image16);
    const { image, kinds, findings } = await examineOne(folder, name);
    expect(kinds).toEqual(['image_depth repaired']);
    expect(findings[0]!.detail).toContain(`scaled from ${bits} bits`);
    const { data, info } = await rawOf(image!.file);
    expect(info.channels).toBe(3);
    const expected = Array.from({ length: data.length }, (_, i) =>
      Math.round((Math.round((most * i) / (data.length - 1)) * 255) / (2 ** bits - 1)),
    );
    expect(Math.max(...expected.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThanOrEqual(1);
  });

  it('makes three channels of one, and of four', async () => {
    const folder = await newFolder();
    await putImage(join(folder, 'grey.png'), deep(60_000, 1));
    await putImage(join(folder, 'four.tif'), deepTiff(60_000, 4, 'rgb'));
    const grey = await examineOne(folder, 'grey.png');
    expect(grey.kinds).toEqual(['image_depth repaired', 'image_channels repaired']);
    const pixels = await rawOf(grey.image!.file);
    expect([...pixels.data.subarray(-3)]).toEqual([233, 233, 233]);
    const four = await examineOne(folder, 'four.tif');
    expect(four.kinds).toEqual(['image_depth repaired', 'image_channels repaired']);
    expect((await rawOf(four.image!.file)).info.channels).toBe(3);
  });

  it('gives all images of a source one scale', async () => {
    const folder = await newFolder();
    await putImage(join(folder, 'dark.png'), deep(900, 3));
    await putImage(join(folder, 'light.png'), deep(3900, 3));
    await putImage(join(folder, 'other.png'), deep(900, 3));
    const samples = [
      sampleAt(folder, 'dark.png'),
      sampleAt(folder, 'light.png'),
      sampleAt(folder, 'other.png', { origin: 'elsewhere' }),
    ];
    const params = testParams(folder).data;
    const { images, findings } = await examineImages(samples, { params, workFolder: join(folder, 'work') });
    expect(findings.map(({ detail }) => /scaled from (\d+)/.exec(detail)![1])).toEqual(['12', '12', '10']);
    const brightness = images.map(({ facts }) => facts.brightness);
    expect(brightness[0]! / brightness[1]!).toBeCloseTo(900 / 3900, 1);
    expect(brightness[2]).toBeCloseTo(900 / 1023 / 2, 1);
  });

  it('scales floating point numbers from 0 to 1, and takes what is none for 0', async () => {
    const folder = await newFolder();
    const samples = Float32Array.from({ length: 64 * 48 * 3 }, (_, i) => [0.25, 0.5, Number.NaN][i % 3]!);
    const tiff = tiffOf({ width: 64, height: 48, channels: 3, samples, meaning: 'rgb' });
    await putImage(join(folder, 'a.tif'), tiff);
    const { image, kinds, findings } = await examineOne(folder, 'a.tif');
    expect(kinds).toEqual(['image_depth repaired']);
    expect(findings[0]!.detail).toContain('floating point');
    expect([...(await rawOf(image!.file)).data.subarray(0, 3)]).toEqual([64, 128, 0]);
  });

  const floats = (value: (i: number) => number) =>
    tiffOf({
      ...{ width: 64, height: 48, channels: 3, meaning: 'rgb' },
      samples: Float32Array.from({ length: 64 * 48 * 3 }, (_, i) => value(i)),
    });

  it.each([0, 3000])(
    'does not take the scale from NaN, infinity or a fill value (pixel from %d)',
    async (first) => {
      const folder = await newFolder();
      const none = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -9999];
      for (const value of none) {
        const survey = floats((i) => (i >= first && i < first + 3 ? value : 500 + ((i * 37) % 2500)));
        await putImage(join(folder, 'a.tif'), survey);
        const { image, findings } = await examineOne(folder, 'a.tif');
        expect(findings[0]!.detail).toMatch(/values up to 2999 .* scaled from 12 bits/);
        const { data } = await rawOf(image!.file);
        const black = value === Number.POSITIVE_INFINITY ? 255 : 0;
        expect([...data.subarray(first, first + 3)]).toEqual([black, black, black]);
        expect(data[10]).toBe(Math.round(((500 + 370) * 255) / 4095));
      }
    },
  );

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 0, -1])(
    'leaves out floating point of %d only, and scales the others without it',
    async (value) => {
      const folder = await newFolder();
      await putImage(
        join(folder, 'a.tif'),
        floats(() => value),
      );
      await putImage(
        join(folder, 'b.tif'),
        floats((i) => (i % 255) / 255),
      );
      const samples = [sampleAt(folder, 'a.tif'), sampleAt(folder, 'b.tif')];
      const params = testParams(folder).data;
      const { images, findings } = await examineImages(samples, { params, workFolder: join(folder, 'work') });
      expect(images).toHaveLength(1);
      expect(findings.map(({ kind, image, treatment }) => [kind, image, treatment])).toEqual([
        ['image_undecodable', 'a.tif', 'dropped'],
        ['image_depth', 'b.tif', 'repaired'],
      ]);
      expect(findings[0]!.detail).toMatch(/^floating point without a finite number above 0/);
      expect(findings[1]!.detail).toContain('scaled from 0-1');
    },
  );

  it('takes the first three of five channels that are not said to be colours', async () => {
    const folder = await newFolder();
    const values = [200, 150, 100, 50, 25];
    const samples = Uint8Array.from({ length: 64 * 48 * 5 }, (_, i) => values[i % 5]!);
    const frame = { width: 64, height: 48, channels: 5, meaning: 'grey' } as const;
    await putImage(join(folder, 'eight.tif'), tiffOf({ ...frame, samples }));
    await putImage(
      join(folder, 'sixteen.tif'),
      tiffOf({ ...frame, samples: Uint16Array.from(samples, (value) => value * 257) }),
    );
    const eight = await examineOne(folder, 'eight.tif');
    expect(eight.kinds).toEqual(['image_channels repaired']);
    expect([...(await rawOf(eight.image!.file)).data.subarray(0, 3)]).toEqual([200, 150, 100]);
    const sixteen = await examineOne(folder, 'sixteen.tif');
    expect(sixteen.kinds).toEqual(['image_depth repaired', 'image_channels repaired']);
    expect([...(await rawOf(sixteen.image!.file)).data.subarray(0, 3)]).toEqual([200, 150, 100]);
  });

  it('writes the same bytes again', async () => {
    const folder = await newFolder();
    await putImage(join(folder, 'a.png'), deep(3000, 3));
    const first = await examineOne(folder, 'a.png');
    const bytes = await readFile(first.image!.file);
    const { mtimeMs } = await stat(first.image!.file);
    const second = await examineOne(folder, 'a.png');
    expect((await stat(second.image!.file)).mtimeMs).toBeGreaterThanOrEqual(mtimeMs);
    expect((await readFile(second.image!.file)).equals(bytes)).toBe(true);
    expect(basename(second.image!.file)).toBe(basename(first.image!.file));
  });
});
