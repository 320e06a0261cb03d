import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { blotImage, blots, polygonAnnotation, putImage } from '../../support/doctor-samples.ts';
import { examineOne, rawOf } from '../../support/examine-one.ts';
import { hugePng } from '../../support/planted-faults.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const newFolder = useTempFolders();

describe('sound images', () => {
  it.each(['a.jpg', 'a.png', 'a.webp', 'a.tif'])('leaves %s byte for byte', async (name) => {
    const folder = await newFolder();
    const file = await putImage(join(folder, name), blotImage(1));
    const { image, kinds } = await examineOne(folder, `deep/${name}`, { file });
    expect(kinds).toEqual([]);
    expect(image).toMatchObject({ file, name, width: 64, height: 48, temporary: false });
    expect(image!.buildings).toHaveLength(1);
    expect(image!.facts.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(image!.facts.perceptualHash).toMatch(/^[0-9a-f]{16}$/);
  });

  it('measures the brightness', async () => {
    const folder = await newFolder();
    const grey = sharp({ create: { width: 64, height: 48, channels: 3, background: '#808080' } });
    await putImage(join(folder, 'a.png'), grey);
    const { image } = await examineOne(folder, 'a.png');
    expect(image!.facts.brightness).toBeCloseTo(128 / 255, 3);
    expect(image!.facts.perceptualHash).toBeNull();
  });
});

describe('images that are lost', () => {
  it('says that a file is missing', async () => {
    const folder = await newFolder();
    const { image, kinds, findings } = await examineOne(folder, 'a.png', { file: null });
    expect(image).toBeUndefined();
    expect(kinds).toEqual(['image_missing dropped']);
    expect(findings[0]).toMatchObject({ image: 'a.png', entry: null, origin: 'local', split: 'train' });
    expect(findings[0]!.detail).toBe('there is no file (its annotation is lost)');
    expect((await examineOne(folder, 'b.png')).kinds).toEqual(['image_missing dropped']);
  });

  it.each([
    ['a.jpg', 0.7],
    ['a.png', 0.7],
    ['a.webp', 0.7],
    ['a.tif', 0.5],
    ['a.jpg', 0],
  ])('says that %s cut off at %d does not decode', async (name, share) => {
    const folder = await newFolder();
    const file = await putImage(join(folder, name), blotImage(1, 256, 200));
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, Math.floor(share * bytes.length)));
    const { image, kinds, findings } = await examineOne(folder, name, { size: null });
    expect(image).toBeUndefined();
    expect(kinds).toEqual(['image_undecodable dropped']);
    expect(findings[0]!.detail).toMatch(/^(a (jpeg|png|webp|tiff) that is|it is no image, or)/);
  });

  it('says that damaged bytes do not decode', async () => {
    const folder = await newFolder();
    const file = await putImage(join(folder, 'a.png'), blotImage(1, 256, 200));
    const bytes = await readFile(file);
    const middle = Math.floor(bytes.length / 2);
    bytes.fill(0, middle, middle + 40);
    await writeFile(file, bytes);
    const { kinds } = await examineOne(folder, 'a.png', { size: null });
    expect(kinds).toEqual(['image_undecodable dropped']);
  });

  it.each([
    ['gif', (image: Sharp) => image.gif().toBuffer()],
    ['svg', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['a text', async () => Buffer.from('no image')],
  ])('does not take %s for a JPEG', async (_name, make) => {
    const folder = await newFolder();
    await putImage(join(folder, 'a.jpg'), await make(blotImage(1)));
    expect((await examineOne(folder, 'a.jpg', { size: null })).kinds).toEqual(['image_undecodable dropped']);
  });

  it('does not try an image of too many pixels', async () => {
    const folder = await newFolder();
    await putImage(join(folder, 'a.png'), await hugePng(20_000));
    const { kinds, findings } = await examineOne(folder, 'a.png', { size: null });
    expect(kinds).toEqual(['image_too_large dropped']);
    expect(findings[0]!.detail).toMatch(/^20000 x 20000 pixels, more than 268 million/);
  });

  it('does not hold an interlaced image of 64 million pixels in memory', async () => {
    const folder = await newFolder();
    await putImage(join(folder, 'a.png'), await hugePng(8000, { interlaced: true }));
    const { kinds, findings } = await examineOne(folder, 'a.png', { size: null });
    expect(kinds).toEqual(['image_too_large dropped']);
    expect(findings[0]!.detail).toMatch(/^8000 x 8000 pixels, interlaced or progressive/);
    // Read row by row, the same would do, were it not cut off.
    await putImage(join(folder, 'b.png'), await hugePng(8000));
    expect((await examineOne(folder, 'b.png', { size: null })).kinds).toEqual(['image_undecodable dropped']);
  });

  it('does not hold an image of 16 bits of 81 million pixels in memory', async () => {
    const folder = await newFolder();
    const bytes = await hugePng(9000);
    bytes.writeUInt8(16, 24);
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
    await putImage(join(folder, 'a.png'), bytes);
    const { kinds, findings } = await examineOne(folder, 'a.png', { size: null });
    expect(kinds).toEqual(['image_too_large dropped']);
    expect(findings[0]!.detail).toMatch(/^9000 x 9000 pixels, 3 channels of ushort, would take 729 MB/);
  });

  it('says that the size is another one', async () => {
    const folder = await newFolder();
    await putImage(join(folder, 'a.png'), blotImage(1));
    const { image, kinds, findings, cases } = await examineOne(folder, 'a.png', {
      size: { width: 128, height: 96 },
    });
    expect(image).toBeUndefined();
    expect(kinds).toEqual(['image_size dropped']);
    expect(findings[0]!.detail).toMatch(
      /^64 x 48 pixels, its annotations say 128 x 96: it was scaled after it was annotated/,
    );
    expect(cases[0]!.picture).toMatchObject({ name: 'a.png', width: 64, height: 48 });
  });
});

describe('images that EXIF turns', () => {
  // Orientation 6: to be turned by a quarter to the right. Stored 64 x 48, upright 48 x 64.
  const turned = { width: 48, height: 64 };
  const put = async (orientation: number, width = 64, height = 48) => {
    const folder = await newFolder();
    const image = blotImage(2, width, height).withMetadata({ orientation });
    await putImage(join(folder, 'a.png'), image);
    return folder;
  };

  it('takes outlines that fit the upright image for what labelling tools show', async () => {
    const folder = await put(6);
    const { image, kinds, cases, findings } = await examineOne(folder, 'a.png', { size: turned });
    expect(kinds).toEqual(['image_rotated repaired']);
    expect(findings[0]!.detail).toBe(
      'EXIF orientation 6: its outlines are of the upright image, by their size',
    );
    expect(image).toMatchObject({ ...turned, name: 'a.png', temporary: true });
    const stored = await rawOf(image!.file);
    expect((await sharp(image!.file).metadata()).orientation).toBeUndefined();
    expect(stored.data).toEqual(await blotImage(2).rotate(90).raw().toBuffer());
    expect(cases[0]).toMatchObject({
      picture: { file: image!.file },
      other: { file: join(folder, 'a.png') },
    });
  });

  it('takes the tag away where the outlines fit the stored pixels', async () => {
    const folder = await put(6);
    const { image, kinds, findings } = await examineOne(folder, 'a.png');
    expect(kinds).toEqual(['image_rotated repaired']);
    expect(findings[0]!.detail).toContain('the tag is taken away');
    expect(image).toMatchObject({ width: 64, height: 48 });
    expect((await rawOf(image!.file)).data).toEqual(blots(2, 64, 48));
    expect((await sharp(image!.file).metadata()).orientation).toBeUndefined();
  });

  it.each([
    [3, 64, 48, 180],
    [6, 64, 64, 90],
  ])('turns where the size does not tell (%d, %d x %d), and says so', async (tag, width, height, angle) => {
    const folder = await put(tag, width, height);
    const { image, findings } = await examineOne(folder, 'a.png', { size: { width, height } });
    expect(findings[0]!.detail).toContain('both ways have one size');
    const upright = await blotImage(2, width, height).rotate(angle).raw().toBuffer();
    expect((await rawOf(image!.file)).data).toEqual(upright);
  });

  it('turns where the annotations name no size, and shares follow', async () => {
    const folder = await put(6);
    const outline = {
      kind: 'polygons',
      rings: [[0.25, 0.25, 0.75, 0.25, 0.75, 0.75]],
      unit: 'shares',
    } as const;
    const annotations = [polygonAnnotation([], { outline })];
    const { image, findings } = await examineOne(folder, 'a.png', { size: null, annotations });
    expect(findings[0]!.detail).toContain('its annotations name no size');
    expect(image!.buildings[0]!.polygons).toEqual([[12, 16, 36, 16, 36, 48]]);
  });

  it('leaves out an image whose annotations fit neither way', async () => {
    const folder = await put(6);
    const { kinds } = await examineOne(folder, 'a.png', { size: { width: 50, height: 50 } });
    expect(kinds).toEqual(['image_size dropped']);
  });
});

describe('images of other channels', () => {
  it('takes a fourth channel away, and does not darken by it', async () => {
    const folder = await newFolder();
    const rgba = blotImage(3).ensureAlpha(0.25);
    await putImage(join(folder, 'a.png'), rgba);
    const { image, kinds, findings } = await examineOne(folder, 'a.png');
    expect(kinds).toEqual(['image_channels repaired']);
    expect(findings[0]!.detail).toBe('a fourth channel (alpha or infrared)');
    expect((await rawOf(image!.file)).data).toEqual(blots(3, 64, 48));
  });

  it.each([
    ['grey', 'a.jpg', (image: Sharp) => image.toColourspace('b-w')],
    ['grey and alpha', 'a.png', (image: Sharp) => image.ensureAlpha(0.5).toColourspace('b-w')],
    ['CMYK', 'a.jpg', (image: Sharp) => image.toColourspace('cmyk')],
  ])('makes RGB of %s', async (detail, name, change) => {
    const folder = await newFolder();
    await putImage(join(folder, name), change(blotImage(3)));
    const { image, kinds, findings } = await examineOne(folder, name);
    expect(kinds).toEqual(['image_channels repaired']);
    expect(findings[0]!.detail).toBe(detail);
    expect(image!.name).toBe('a.png');
    expect(await sharp(image!.file).metadata()).toMatchObject({
      ...{ format: 'png', space: 'srgb', channels: 3, depth: 'uchar' },
    });
    expect(image!.facts.perceptualHash).not.toBeNull();
  });

  it('converts the colours of Lab', async () => {
    const folder = await newFolder();
    const lab = blotImage(3).toColourspace('lab').tiff({ compression: 'none' });
    await putImage(join(folder, 'a.tif'), lab);
    const { image, kinds, findings } = await examineOne(folder, 'a.tif');
    expect(kinds).toEqual(['image_channels repaired']);
    expect(findings[0]!.detail).toBe('the colours of lab');
    const [pixels, expected] = [(await rawOf(image!.file)).data, blots(3, 64, 48)];
    expect(Math.max(...pixels.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThanOrEqual(2);
  });

  it('takes the first page of several', async () => {
    const folder = await newFolder();
    const pages = await Promise.all([4, 5].map((seed) => blotImage(seed).png().toBuffer()));
    await putImage(
      join(folder, 'a.tif'),
      sharp(pages, { join: { animated: true } }).tiff({ compression: 'lzw' }),
    );
    const { image, kinds, findings } = await examineOne(folder, 'a.tif');
    expect(kinds).toEqual(['image_pages repaired']);
    expect(findings[0]!.detail).toBe('2 pages, of which the first is kept');
    expect((await rawOf(image!.file)).data).toEqual(blots(4, 64, 48));
  });
});
